// Removes our item from `Vary`: a copy of it would show strangers that we take part, and some CDNs would stop caching.
import { HEADER_NAME } from "../wire/header.ts";
import { isNamed } from "./field-name.ts";

/**
 * A `Vary` value without our item, in the same shape; `undefined` if nothing is left, and the value itself if our item is not in
 * it.
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

/** True if our name is one of the items of a field. */
function saysOurs(value: unknown): boolean {
  return value !== undefined && String(value).toLowerCase().includes(HEADER_NAME);
}
