/* SPDX-License-Identifier: Apache-2.0 */
extern int room_ship_is_empty;
int room_ship_is_empty = 1;
