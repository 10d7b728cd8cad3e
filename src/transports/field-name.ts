// Compares names of header fields.

/** True if the name is that of `field`, in any case; `field` is in lower case. */
export function isNamed(name: unknown, field: string): boolean {
  return typeof name === "string" && name.length === field.length && name.toLowerCase() === field;
}
