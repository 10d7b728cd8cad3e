// The versions of undici that programs use.
import * as undici8 from "undici";
import * as undici6 from "undici6";
import * as undici7 from "undici7";
import type { Undici } from "./clients.ts";

/** They have the same functions, and types that differ in details. */
export const UNDICI: Readonly<Record<string, Undici>> = {
  undici6: undici6 as unknown as Undici,
  undici7: undici7 as unknown as Undici,
  undici8,
};
