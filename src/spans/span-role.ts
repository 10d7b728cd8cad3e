// What a program itself says of a call: that its failure stopped nothing, by the attribute `error_tree.role`.

/** Name of the span attribute that holds a role. */
export const ROLE_ATTRIBUTE = "error_tree.role";

/** Context key of the role of all spans that begin there; the same in every copy of this package. */
export const ROLE_KEY: symbol = Symbol.for("otel-error-tree role");

/**
 * Why a call cannot be what stopped the request above it:
 *
 * - `optional`: the program goes on without its result
 * - `compensation`: it takes back what was done before a failure
 * - `report`: it reports a failure to somebody
 */
export type SpanRole = "optional" | "compensation" | "report";

const ROLES: readonly SpanRole[] = ["optional", "compensation", "report"];

/** The role in a span's attributes; `undefined` if there is none, or an unknown one. */
export function roleOf(attributes: Readonly<Record<string, unknown>>): SpanRole | undefined {
  const value = attributes[ROLE_ATTRIBUTE];
  return ROLES.find((role) => role === value);
}
