# SPDX-License-Identifier: Apache-2.0
"""An OpenAPI 3.1 document of the hub: is it well formed, and does an answer fit it?

Reads the part of JSON Schema that the hub writes: type, properties, required, items, anyOf, enum,
bounds, additionalProperties, $ref. Anything else in a schema is an error, so that nothing is
passed over in silence.
"""
import datetime

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
KEYWORDS = {"type", "properties", "required", "items", "anyOf", "enum", "default", "minimum",
            "maximum", "minLength", "maxLength", "additionalProperties", "$ref", "format",
            "description"}


class Document:
    def __init__(self, root):
        self.root = root
        self.schemas = root["components"]["schemas"]

    def follow(self, schema):
        if "$ref" not in schema:
            return schema
        assert set(schema) <= {"$ref", "description"}, schema
        before, name = schema["$ref"].rsplit("/", 1)
        assert before == "#/components/schemas", schema
        return self.schemas[name]

    def check_schema(self, schema, where):
        assert set(schema) <= KEYWORDS, (where, schema)
        found = self.follow(schema)
        for required in found.get("required", ()):
            assert required in found["properties"], (where, required)
        if found is schema:
            for name, inner in schema.get("properties", {}).items():
                self.check_schema(inner, f"{where}.{name}")
            for inner in schema.get("anyOf", []) + [schema[i] for i in ("items",) if i in schema]:
                self.check_schema(inner, where)

    def check_answers(self, answers, where):
        assert any(200 <= int(status) < 300 for status in answers), where
        for status, answer in answers.items():
            assert len(status) == 3 and answer["description"], (where, status)
            for media in answer["content"].values():
                self.check_schema(media["schema"], where)
                if int(status) >= 400:
                    assert media["schema"] == {"$ref": "#/components/schemas/Error"}, where

    def check_operation(self, path, method, operation):
        where = f"{method} {path}"
        assert set(operation) <= {"operationId", "summary", "security", "parameters",
                                  "requestBody", "responses"}, operation
        assert operation["summary"] and operation["operationId"]
        in_path = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        parameters = operation.get("parameters", [])
        assert {p["name"] for p in parameters if p["in"] == "path"} == in_path, where
        assert len({(p["name"], p["in"]) for p in parameters}) == len(parameters), where
        for parameter in parameters:
            assert parameter["in"] in ("path", "query")
            assert parameter["required"] or parameter["in"] == "query"
            self.check_schema(parameter["schema"], where)
        for media in operation.get("requestBody", {}).get("content", {}).values():
            self.check_schema(media["schema"], where)
        self.check_answers(operation["responses"], where)
        schemes = self.root["components"]["securitySchemes"]
        assert all(name in schemes for each in operation["security"] for name in each), where

    def check(self):
        assert self.root["openapi"].startswith("3.1.")
        assert self.root["info"]["title"] and self.root["info"]["version"]
        ids = []
        for path, item in self.root["paths"].items():
            assert path.startswith("/") and set(item) <= {"get", "post"}, path
            for method, operation in item.items():
                self.check_operation(path, method, operation)
                ids.append(operation["operationId"])
        assert len(ids) == len(set(ids)), ids
        for name, schema in self.schemas.items():
            self.check_schema(schema, name)

    def operation(self, method, path):
        """The operation that a request is for, or None."""
        parts = path.split("?")[0].split("/")
        for pattern, item in self.root["paths"].items():
            want = pattern.split("/")
            if len(want) == len(parts) and all(w == p or w.startswith("{")
                                               for w, p in zip(want, parts)):
                return item.get("get" if method == "HEAD" else method.lower())
        return None

    def fits(self, schema, value, where="answer"):
        schema = self.follow(schema)
        if "anyOf" in schema:
            for inner in schema["anyOf"]:
                try:
                    return self.fits(inner, value, where)
                except AssertionError:
                    continue
            raise AssertionError((where, value))
        self.fits_type(schema, value, where)
        if schema.get("format") == "date-time" and value is not None:
            datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        if isinstance(value, dict) and "properties" in schema:
            self.fits_object(schema, value, where)
        if isinstance(value, list):
            for item in value:
                self.fits(schema["items"], item, where + "[]")
        return None

    def fits_type(self, schema, value, where):
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        for name in types:
            if name == "integer" and isinstance(value, int) and not isinstance(value, bool):
                return
            if name == "number" and isinstance(value, (int, float)) and \
                    not isinstance(value, bool):
                return
            if name in TYPES and isinstance(value, TYPES[name]):
                return
        raise AssertionError((where, types, value))

    def fits_object(self, schema, value, where):
        for name in schema.get("required", ()):
            assert name in value, (where, name)
        for name, inner in value.items():
            assert name in schema["properties"], (where, name)
            self.fits(schema["properties"][name], inner, f"{where}.{name}")
