// Our item of `Vary`: whoever copies it tells strangers that we take part, and some CDNs stop caching.
import { HEADER_NAME } from "../wire/header.ts";
import { isNamed } from "./given-fields.ts";

/**
 * What else a `Vary` field says, in the shape it had; `undefined` when it says nothing else, and the value itself when our
 * item is not there.
 */
export function otherItems(value: unknown): unknown {
  if (Array.isArray(value)) {
    const left = value.map(otherItems);
    if (left.every((item, i) => item === value[i])) return value;
    const others = left.filter((item) => item !== undefined);
    return others.length === 0 ? undefined : others;
  }
  if (!saysOurs(value)) return value;
  const items = String(value).split(",");
  const left = items.filter((item) => !isNamed(item.trim(), HEADER_NAME));
  if (left.length === items.length) return value;
  return left.length === 0 ? undefined : left.join(",").trim();
}

/** True when our name stands in a field, among whatever else. */
export function saysOurs(value: unknown): boolean {
  return value !== undefined && String(value).toLowerCase().includes(HEADER_NAME);
}
