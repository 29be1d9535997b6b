/* SPDX-License-Identifier: Apache-2.0 */
extern int room_capture_is_empty;
int room_capture_is_empty = 1;
