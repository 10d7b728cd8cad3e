// The golden vectors: what is on the wire, to the byte, for as long as this version of it lives.
import { readFileSync } from "node:fs";
import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { expandMessage } from "../../support/wire/expand.ts";
import { ErrorTreeSchema } from "../../support/wire/generated/error-tree_pb.ts";
import {
  expectedOf,
  FILES,
  fieldsOf,
  formatVectors,
  hexOf,
  readVector,
  readVectors,
  VECTORS_FOLDER,
  type Vector,
  type VectorFile,
  writeVector,
} from "../../support/wire/vectors.ts";

const OTHER_ID = "ffffffffffffffff";

/** The vectors of a file, or those that say something of a kind, for `test.each`. */
function vectors(file: VectorFile, ...said: (keyof Vector)[]): [string, Vector][] {
  const all = readVectors(file).filter((vector) => said.every((key) => vector[key] !== undefined));
  return all.map((vector) => [vector.name, vector]);
}

test("every vector has a name of its own, and says what it is", () => {
  const all = FILES.flatMap(readVectors);
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  for (const { about, header } of all) {
    expect(about).not.toBe("");
    expect(header).toMatch(/^[\x20-\x7e]*$/);
  }
});

describe.each(FILES)("%s:", (file: VectorFile) => {
  test("the file stands as it is written by npm run vectors, with nothing left to be filled in", () => {
    const all = readVectors(file);
    expect(readFileSync(new URL(`${file}.json`, VECTORS_FOLDER), "utf8")).toBe(formatVectors(all));
    for (const { name, header } of all) expect(header, name).toBeDefined();
  });

  test.each(vectors(file))("%s: is read as it says", (_, vector) => {
    expect(readVector(vector)).toStrictEqual(expectedOf(vector));
  });

  test.each(file === "tolerated" ? [] : vectors(file, "outcome"))(
    "%s: is written as it says",
    (_, vector) => {
      const written = writeVector(file, vector) as string;
      if (vector.hex === undefined) expect(written).toBe(vector.header);
      // Builds of zlib may pack the same message in other bytes, but in no more than a few.
      else
        expect([hexOf(written), written.length]).toStrictEqual([
          vector.hex,
          expect.closeTo(vector.header?.length ?? 0, -1),
        ]);
    },
  );

  test.each(vectors(file, "outcome"))(
    "%s: has a reader without an id, and is foreign to any other",
    (_, vector) => {
      const { id: _id, ...anybody } = vector;
      const { service, code } = vector.outcome ?? {};
      expect(readVector(anybody)).toMatchObject({ service, code });
      expect(readVector({ ...vector, id: OTHER_ID })).toBe("foreign");
    },
  );

  test.each(vectors(file, "hex"))("%s: has its bytes in hex", (_, { header = "", hex }) => {
    expect(hexOf(header)).toBe(hex);
  });

  test.each(vectors(file, "fields"))(
    "%s: has the fields that a protobuf library reads, and their tree",
    (_, vector) => {
      const { hex = "", id, fields, outcome } = vector;
      expect(fieldsOf(hex)).toStrictEqual(fields);
      const message = fromBinary(ErrorTreeSchema, Buffer.from(hex, "hex"));
      expect(expandMessage(message)).toStrictEqual({
        ...(id === undefined ? undefined : { id }),
        ...outcome?.tree,
      });
    },
  );
});

test("a root that does not name its operation takes the name that its caller knows", () => {
  for (const vector of readVectors("binary")) {
    const read = readVector(vector, "GET /called");
    const name = vector.outcome?.tree?.root.operation || "GET /called";
    expect(typeof read === "string" ? read : read.tree?.root.operation, vector.name).toBe(name);
  }
});
