// Reads the doctor's options for the method and the fields of its requests.
import { METHODS } from "node:http";
import { HEADER_NAME } from "../../wire/header.ts";
import { InputError } from "../input/input-error.ts";
import { readFields } from "../target.ts";
import type { Target } from "./exchange.ts";

/** Fields that the doctor sets itself. */
const OWN_FIELDS = [HEADER_NAME, "traceparent"];

/** @throws InputError if node does not know the method */
export function readMethod(text: string): string {
  const method = text.toUpperCase();
  if (METHODS.includes(method)) return method;
  throw new InputError(`expected a method such as GET, got ${JSON.stringify(text)}`);
}

/** @throws InputError if a field is not valid, or is one of the doctor's own */
export function readTargetFields(texts: readonly string[]): Target["fields"] {
  const fields = readFields(texts);
  const own = OWN_FIELDS.find((name) => Object.hasOwn(fields, name));
  if (own === undefined) return fields;
  throw new InputError(`the field ${own} is the doctor's own: leave it out`);
}
