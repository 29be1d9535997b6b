/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "control_fixture.h"

#include <sys/stat.h>

static void check_file(void)
{
	struct control *c, *again;
	struct trouble t = {0};
	struct stat info;
	char id[CONTROL_HUB_ID_MAX], same[CONTROL_HUB_ID_MAX], small[3];
	unsigned version;

	CHECK(control_open(&c, fixture_path("file.db"), &t) == STATUS_NOT_FOUND && !c);
	CHECK(fine(control_create(&c, fixture_path("file.db"), T0, &t), &t));
	CHECK(stat(fixture_path("file.db"), &info) == 0 && (info.st_mode & 0777) == 0600);
	CHECK(stat(fixture_path("file.db-wal"), &info) == 0 && (info.st_mode & 0777) == 0600);
	CHECK(control_create(&again, fixture_path("file.db"), T0, &t) == STATUS_CONFLICT && !again);
	CHECK(control_create(&again, fixture_path("no/where.db"), T0, &t) == STATUS_NOT_FOUND);
	CHECK(control_schema(c, &version, &t) == STATUS_OK && version == CONTROL_SCHEMA);
	CHECK(control_hub_id(c, id, &t) == STATUS_OK && strlen(id) == 16);
	CHECK(control_open(&again, fixture_path("file.db"), &t) == STATUS_OK);
	CHECK(control_hub_id(again, same, &t) == STATUS_OK);
	CHECK_STR(same, id);
	CHECK(control_setting(again, "none", same, sizeof(same), &t) == STATUS_NOT_FOUND);
	CHECK(control_setting_set(again, "none", "some", &admin, &t) == STATUS_OK);
	CHECK(control_setting(c, "none", same, sizeof(same), &t) == STATUS_OK);
	CHECK_STR(same, "some");
	CHECK(control_setting(c, "none", small, sizeof(small), &t) == STATUS_LIMIT);
	control_close(again);
	control_close(c);
	control_close(NULL);
}

static void check_members(struct control *c)
{
	struct control_member m, *all;
	struct trouble t = {0};
	uint32_t one, two;
	size_t n;

	CHECK(control_members(c, &all, &n, &t) == STATUS_OK && n == 0 && !all);
	CHECK(fine(control_member_add(c, "jpcert", "Japan", &admin, &one, &t), &t));
	CHECK(fine(control_member_add(c, "krcert", "", &admin, &two, &t), &t));
	CHECK(one != two);
	CHECK(control_member_add(c, "jpcert", "again", &admin, &two, &t) == STATUS_CONFLICT);
	CHECK_STR(t.text, "there is a member 'jpcert' already");
	CHECK(control_member_add(c, "JP CERT", "", &admin, &two, &t) == STATUS_FORMAT);
	CHECK(control_member_by_name(c, "jpcert", &m, &t) == STATUS_OK && m.id == one);
	CHECK_STR(m.title, "Japan");
	CHECK(control_member_by_name(c, "nobody", &m, &t) == STATUS_NOT_FOUND);
	CHECK(control_member_remove(c, 99, &admin, &t) == STATUS_NOT_FOUND);
	CHECK(control_members(c, &all, &n, &t) == STATUS_OK && n == 2);
	CHECK_STR(all[1].name, "krcert");
	free(all);
}

static void check_profiles(struct control *c)
{
	const struct sharing_profile open = {true, 2, 3}, closed = {false, 1, 1},
	                             zero = {true, 0, 1};
	struct sharing_profile p;
	struct control_member m;
	struct trouble t = {0};

	CHECK(control_profile(c, 1, &p, &t) == STATUS_OK);
	CHECK(p.shared && p.min_sensors == 5 && p.min_sources == 5);
	CHECK(control_profile_set(c, 1, &zero, &admin, &t) == STATUS_FORMAT);
	CHECK(control_profile_set(c, 99, &open, &admin, &t) == STATUS_NOT_FOUND);
	CHECK(control_profile_set(c, 0, &open, &admin, &t) == STATUS_OK);
	CHECK(control_profile_set(c, 1, &closed, &admin, &t) == STATUS_OK);
	CHECK(control_profile(c, 1, &p, &t) == STATUS_OK && !p.shared);
	CHECK(control_profile(c, 2, &p, &t) == STATUS_OK && p.shared && p.min_sources == 3);
	CHECK(control_member_by_name(c, "jpcert", &m, &t) == STATUS_OK);
	CHECK(m.own_profile && !m.profile.shared);
	CHECK(control_member_by_name(c, "krcert", &m, &t) == STATUS_OK);
	CHECK(!m.own_profile && m.profile.shared && m.profile.min_sensors == 2);
	CHECK(control_profile_set(c, 1, NULL, &admin, &t) == STATUS_OK);
	CHECK(control_profile(c, 1, &p, &t) == STATUS_OK && p.shared && p.min_sensors == 2);
	CHECK(control_profile_set(c, 0, NULL, &admin, &t) == STATUS_OK);
	CHECK(control_profile(c, 1, &p, &t) == STATUS_OK && p.min_sensors == 5);
}

static void check_joining(struct control *c)
{
	struct control_invitation i = invitation("tokyo-1", 1), other = invitation("lost", 1);
	uint8_t wrong[SHA256_BYTES] = {1};
	struct control_sensor s, same;
	struct trouble t = {0}, first;

	CHECK(fine(control_invitation_add(c, &i, &admin, &t), &t));
	CHECK(control_invitation_redeem(c, wrong, T0, issue_plain, NULL, &s, &t) == STATUS_DENIED);
	first = t;
	CHECK(control_invitation_redeem(c, i.hash, T0 + 3600, issue_plain, NULL, &s, &t) ==
	      STATUS_DENIED);
	CHECK_STR(t.text, first.text);
	CHECK(fine(control_invitation_redeem(c, i.hash, T0 + 3599, issue_plain, NULL, &s, &t), &t));
	CHECK(s.number == 1 && s.member == 1 && s.state == CONTROL_SENSOR_ACTIVE);
	CHECK_STR(s.name, "tokyo-1");
	CHECK_STR(s.member_name, "jpcert");
	CHECK_U64(s.certificate_end, T0 + 90 * 86400);
	/* Once. */
	CHECK(control_invitation_redeem(c, i.hash, T0, issue_plain, NULL, &same, &t) ==
	      STATUS_DENIED);
	CHECK_STR(t.text, first.text);
	CHECK(control_sensor_by_serial(c, "a1", &same, &t) == STATUS_OK);
	CHECK(memcmp(&s, &same, sizeof(s)) == 0);
	CHECK(control_sensor_by_serial(c, "a2", &same, &t) == STATUS_DENIED);
	CHECK(control_sensor_by_number(c, 1, &same, &t) == STATUS_OK);
	CHECK(control_sensor_by_number(c, 2, &same, &t) == STATUS_NOT_FOUND);
	CHECK(control_sensor_by_name(c, "tokyo-1", &same, &t) == STATUS_OK && same.number == 1);
	/* A name that is taken, a bad one, a member that is none, a sensor that is none. */
	CHECK(control_invitation_add(c, &i, &admin, &t) == STATUS_CONFLICT);
	other.member = 9;
	CHECK(control_invitation_add(c, &other, &admin, &t) == STATUS_NOT_FOUND);
	other.member = 1;
	other.replaces = 1;
	CHECK(control_invitation_add(c, &other, &admin, &t) == STATUS_NOT_FOUND);
	other = invitation("No Name", 1);
	CHECK(control_invitation_add(c, &other, &admin, &t) == STATUS_FORMAT);
	/* When no certificate can be made, nothing has happened. */
	i = invitation("refused", 1);
	CHECK(control_invitation_add(c, &i, &admin, &t) == STATUS_OK);
	CHECK(control_invitation_redeem(c, i.hash, T0, issue_plain, NULL, &s, &t) == STATUS_FORMAT);
	CHECK(s.number == 0 && control_sensor_by_name(c, "refused", &s, &t) == STATUS_NOT_FOUND);
	/* A second invitation for a name ends the first. */
	i = invitation("osaka", 1);
	CHECK(control_invitation_add(c, &i, &admin, &t) == STATUS_OK);
	other = i;
	other.hash[0] ^= 1;
	CHECK(control_invitation_add(c, &other, &admin, &t) == STATUS_OK);
	CHECK(control_invitation_redeem(c, i.hash, T0, issue_plain, NULL, &s, &t) == STATUS_DENIED);
	CHECK(control_invitation_redeem(c, other.hash, T0, issue_plain, NULL, &s, &t) == STATUS_OK);
	CHECK_U64(s.number, 2);
}

static enum status issue_again(void *state, uint32_t number, const char *name,
                               struct control_certificate *out, struct trouble *t)
{
	(void)name, (void)t;
	snprintf(out->serial, sizeof(out->serial), "%s%u", (const char *)state, number);
	out->not_after = T0 + 99;
	return STATUS_OK;
}

static void check_certificates(struct control *c)
{
	struct control_invitation i = invitation("osaka", 1);
	struct control_certificate k = {.not_after = T0 + 5};
	struct control_actor later = admin;
	struct control_sensor s;
	struct trouble t = {0};
	char again[] = "again";

	/* Renewal: the old one stays good; too many in a day are refused. */
	for (int n = 0; n < CONTROL_CERTIFICATES_MAX - 1; n++) {
		snprintf(k.serial, sizeof(k.serial), "c%d", n);
		later.now = T0 + 100 + (uint32_t)n;
		CHECK(fine(control_certificate_add(c, 2, &k, &later, &t), &t));
	}
	CHECK(control_sensor_by_serial(c, "a2", &s, &t) == STATUS_OK);
	CHECK(control_sensor_by_serial(c, "c3", &s, &t) == STATUS_OK && s.number == 2);
	strcpy(k.serial, "many");
	CHECK(control_certificate_add(c, 2, &k, &later, &t) == STATUS_LIMIT);
	later.now = T0 + 2 * 86400;
	CHECK(control_certificate_add(c, 2, &k, &later, &t) == STATUS_OK);
	CHECK(control_sensor_by_serial(c, "a2", &s, &t) == STATUS_DENIED); /* pushed out */
	CHECK(control_certificate_add(c, 77, &k, &later, &t) == STATUS_DENIED);
	/* A serial is one sensor's. */
	CHECK(control_certificate_add(c, 1, &k, &later, &t) == STATUS_CONFLICT);
	/* A new key for the same sensor ends the old ones. */
	i.hash[1] ^= 1;
	i.replaces = 2;
	CHECK(fine(control_invitation_add(c, &i, &admin, &t), &t));
	CHECK(control_sensor_by_serial(c, "many", &s, &t) == STATUS_OK);
	CHECK(fine(control_invitation_redeem(c, i.hash, T0, issue_again, again, &s, &t), &t));
	CHECK_U64(s.number, 2);
	CHECK(control_sensor_by_serial(c, "many", &s, &t) == STATUS_DENIED);
	CHECK(control_sensor_by_serial(c, "again2", &s, &t) == STATUS_OK);
}

static void check_ending(struct control *c)
{
	struct control_sensor s, *all;
	struct control *other;
	struct trouble t = {0};
	uint32_t number;
	size_t n;

	/* Seen at once by whoever else has the file open, in the middle of its work. */
	CHECK(control_open(&other, fixture_path("main.db"), &t) == STATUS_OK);
	CHECK(control_sensor_by_serial(other, "a1", &s, &t) == STATUS_OK);
	CHECK(control_sensor_end(c, 1, CONTROL_SENSOR_REVOKED, &admin, &t) == STATUS_OK);
	CHECK(control_sensor_by_serial(other, "a1", &s, &t) == STATUS_DENIED);
	CHECK_STR(t.text, "sensor 1 is revoked");
	control_close(other);

	CHECK(control_sensor_end(c, 1, CONTROL_SENSOR_REVOKED, &admin, &t) == STATUS_CONFLICT);
	CHECK(control_sensor_end(c, 1, CONTROL_SENSOR_WITHDRAWN, &admin, &t) == STATUS_OK);
	CHECK(control_sensor_end(c, 1, CONTROL_SENSOR_REVOKED, &admin, &t) == STATUS_CONFLICT);
	CHECK(control_sensor_end(c, 9, CONTROL_SENSOR_REVOKED, &admin, &t) == STATUS_NOT_FOUND);
	CHECK(control_sensor_by_number(c, 1, &s, &t) == STATUS_OK);
	CHECK(s.state == CONTROL_SENSOR_WITHDRAWN && s.ended == T0 && s.certificate_end == 0);
	/* The name is free again, the number is not. */
	number = join(c, "tokyo-1", 1);
	CHECK_U64(number, 3);
	CHECK(control_sensor_by_name(c, "tokyo-1", &s, &t) == STATUS_OK && s.number == 3);
	CHECK(control_sensors(c, 0, &all, &n, &t) == STATUS_OK && n == 3);
	free(all);
	CHECK(control_sensors(c, 2, &all, &n, &t) == STATUS_OK && n == 0 && !all);
}

static void check_tokens(struct control *c)
{
	struct control_token k = {.role = ROLE_ADMINISTRATOR, .name = "root", .hash = {1}}, got,
	                     *all;
	uint8_t wrong[SHA256_BYTES] = {9};
	struct trouble t = {0};
	uint32_t id;
	size_t n;

	CHECK(fine(control_token_add(c, &k, &admin, &id, &t), &t));
	CHECK(control_token_by_hash(c, k.hash, T0 + 5, &got, &t) == STATUS_OK);
	CHECK(got.role == ROLE_ADMINISTRATOR && got.id == id && got.member == 0);
	CHECK(control_token_by_hash(c, wrong, T0, &got, &t) == STATUS_DENIED && got.id == 0);
	k.hash[0] = 2;
	CHECK(control_token_add(c, &k, &admin, &id, &t) == STATUS_CONFLICT);
	k = (struct control_token){
	        .role = ROLE_MEMBER, .name = "jp", .hash = {3}, .expires = T0 + 10};
	CHECK(control_token_add(c, &k, &admin, &id, &t) == STATUS_FORMAT);
	k.member = 99;
	CHECK(control_token_add(c, &k, &admin, &id, &t) == STATUS_NOT_FOUND);
	k.member = 2;
	CHECK(control_token_add(c, &k, &admin, &id, &t) == STATUS_OK);
	CHECK(control_token_by_hash(c, k.hash, T0 + 9, &got, &t) == STATUS_OK);
	CHECK_STR(got.member_name, "krcert");
	CHECK(control_token_by_hash(c, k.hash, T0 + 10, &got, &t) == STATUS_DENIED);
	k.role = ROLE_SENSOR;
	CHECK(control_token_add(c, &k, &admin, &id, &t) == STATUS_FORMAT);
	/* A lapsed one gives its name back. */
	k = (struct control_token){.role = ROLE_READER, .name = "jp", .hash = {4}, .member = 2};
	CHECK(control_token_add(c, &k, &admin, &id, &t) == STATUS_CONFLICT);
	CHECK(control_token_add(c, &k, &(struct control_actor){"cli", T0 + 11}, &id, &t) ==
	      STATUS_OK);
	CHECK(control_token_revoke(c, "root", &admin, &t) == STATUS_OK);
	CHECK(control_token_revoke(c, "root", &admin, &t) == STATUS_NOT_FOUND);
	CHECK(control_token_by_hash(c, (uint8_t[SHA256_BYTES]){1}, T0, &got, &t) == STATUS_DENIED);
	CHECK(control_tokens(c, &all, &n, &t) == STATUS_OK && n == 3);
	CHECK(all[0].revoked == T0 && all[0].last_used == T0 / 3600 * 3600);
	CHECK(all[2].last_used == 0);
	free(all);
}

static void check_removal(struct control *c)
{
	struct control_invitation i = invitation("seoul", 2);
	struct control_token got;
	struct control_sensor s;
	struct control_member *all;
	struct trouble t = {0};
	uint32_t id;
	size_t n;

	CHECK(control_member_remove(c, 1, &admin, &t) == STATUS_CONFLICT);
	CHECK(strstr(t.text, "2 active sensors") != NULL);
	CHECK(control_invitation_add(c, &i, &admin, &t) == STATUS_OK);
	CHECK(control_token_by_hash(c, (uint8_t[SHA256_BYTES]){4}, T0, &got, &t) == STATUS_OK);
	CHECK(fine(control_member_remove(c, 2, &admin, &t), &t));
	CHECK(control_token_by_hash(c, (uint8_t[SHA256_BYTES]){4}, T0, &got, &t) == STATUS_DENIED);
	CHECK(control_invitation_redeem(c, i.hash, T0, issue_plain, NULL, &s, &t) == STATUS_DENIED);
	CHECK(control_member_remove(c, 2, &admin, &t) == STATUS_NOT_FOUND);
	CHECK(control_member_add(c, "krcert", "anew", &admin, &id, &t) == STATUS_OK && id == 3);
	CHECK(control_members(c, &all, &n, &t) == STATUS_OK && n == 3 && all[1].removed == T0);
	free(all);
}

static void check_audit(struct control *c)
{
	struct control_audit *lines;
	struct trouble t = {0};
	uint64_t last, now;
	size_t n;

	CHECK(control_audit_last(c, &last, &t) == STATUS_OK && last > 10);
	CHECK(control_audit_add(c, &admin, "backup", "to a tape", &t) == STATUS_OK);
	CHECK(control_audit_last(c, &now, &t) == STATUS_OK && now > last);
	CHECK(control_audits(c, 0, 2, &lines, &n, &t) == STATUS_OK && n == 2);
	CHECK_STR(lines[0].what, "backup");
	CHECK_STR(lines[0].who, "cli:test");
	CHECK_STR(lines[0].detail, "to a tape");
	CHECK_STR(lines[1].what, "member-add");
	free(lines);
	CHECK(control_audits(c, last, 1000, &lines, &n, &t) == STATUS_OK);
	CHECK(lines[0].id < last && lines[n - 1].id == 1);
	CHECK_STR(lines[n - 1].what, "setting");
	free(lines);
}

int main(void)
{
	struct control *c;
	struct trouble t = {0};

	fixture_begin();
	check_file();
	CHECK(fine(control_create(&c, fixture_path("main.db"), T0, &t), &t));
	check_members(c);
	check_profiles(c);
	check_joining(c);
	check_certificates(c);
	check_ending(c);
	check_tokens(c);
	check_removal(c);
	check_audit(c);
	CHECK(fine(control_check(c, NULL, NULL, &t), &t));
	control_close(c);
	fixture_end();
	return tap_done();
}
