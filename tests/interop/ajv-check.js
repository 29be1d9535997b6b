// SPDX-License-Identifier: Apache-2.0
// node ajv-check.js SCHEMA DOCUMENT...: says of each document whether ajv takes it; exit status 1
// where it refuses one.
"use strict";
const fs = require("fs");
const path = require("path");
const Ajv = require(path.join(__dirname, "..", "node_modules", "ajv", "dist", "2020.js")).default;

const read = (file) => JSON.parse(fs.readFileSync(file, "utf8"));
const [schema, ...documents] = process.argv.slice(2);
const check = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile(read(schema));
for (const file of documents) {
	const fine = check(read(file));
	console.log(`${fine ? "fits" : "refused"} ${file}`);
	for (const e of fine ? [] : check.errors.slice(0, 10))
		console.log(`  ${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`);
	if (!fine) process.exitCode = 1;
}
