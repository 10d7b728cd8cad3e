// `npm run vectors`: fills in what a new vector does not say yet (header, bytes, fields), and never touches what stands.
import { writeFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import {
  FILES,
  type Fields,
  fieldsOf,
  formatVectors,
  hexOf,
  readVectors,
  VECTORS_FOLDER,
  type Vector,
  type VectorFile,
  writeVector,
} from "./vectors.ts";

for (const file of FILES) {
  const vectors = readVectors(file);
  const filled = vectors.map((vector) => fill(file, vector));
  const added = filled.filter(
    (vector, i) => formatVectors([vector]) !== formatVectors([vectors[i] as Vector]),
  );
  writeFileSync(new URL(`${file}.json`, VECTORS_FOLDER), formatVectors(filled));
  for (const { name, header } of added) process.stdout.write(`${file}: ${name}: ${header}\n`);
}

/** What stands is kept as it stands: where the codec says something else the test will tell. */
function fill(file: VectorFile, vector: Vector): Vector {
  const header =
    vector.header ??
    (vector.hex === undefined ? undefined : headerOf(vector.hex)) ??
    writeVector(file, vector);
  const hex = vector.hex ?? (header === undefined || file === "malformed" ? undefined : hexOf(header));
  const fields = hex === undefined || file === "malformed" ? undefined : readableFields(hex);
  return { ...(fields && { fields }), ...(hex && { hex }), ...(header && { header }), ...vector };
}

/** `undefined` for what is fine by the format, but too much for the library. */
function readableFields(hex: string): Fields | undefined {
  try {
    return fieldsOf(hex);
  } catch {
    return undefined;
  }
}

function headerOf(hex: string): string {
  return `:${deflateRawSync(Buffer.from(hex, "hex")).toString("base64")}:;v=1`;
}
