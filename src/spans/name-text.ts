// Makes a text of the name of a span or an event, because the SDK keeps a name as the program gave it.

/** The name as a text. Of an object nothing is told: its `toString` is the program's and may throw. */
export function nameText(name: unknown): string {
  if (typeof name === "string") return name;
  return typeof name === "number" || typeof name === "boolean" ? String(name) : "unnamed";
}
