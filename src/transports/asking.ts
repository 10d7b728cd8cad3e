// Reads the ask that came with a request, for every transport: one that is malformed or not trusted is counted.
import type { Health } from "../health/health.ts";
import type { AskingRequest } from "../trust/doubt.ts";
import type { Trust } from "../trust/trust.ts";
import { parseAsk } from "../wire/header.ts";
import type { Ask } from "../wire/messages.ts";

/**
 * The ask that a field holds; `undefined` if it is malformed, or the peer is not trusted. `field` is `undefined` if what came is
 * no text.
 */
export function readAsk(
  field: string | undefined,
  request: AskingRequest,
  { trust, health }: { readonly trust: Trust; readonly health: Health },
): Ask | undefined {
  const text = field === undefined ? undefined : withoutEmptyFields(field);
  if (text === "") return undefined;
  const ask = text === undefined ? undefined : parseAsk(text);
  if (ask === undefined) {
    health.count("asks_malformed");
    health.once(
      "malformed ask",
      "a request carried an x-error-tree field that is no ask; such fields are ignored",
    );
    return undefined;
  }
  const refusal = trust.refusal(request, ask);
  if (refusal === undefined) return ask;
  health.count("asks_refused");
  const remedy = trust.remedy(refusal, request, ask);
  if (remedy !== undefined) health.once(`refused ask, ${refusal}`, remedy);
  return undefined;
}

/** Without empty fields that node joined with the ask: a gateway that copies raw headers sends them. No regex: up to 16 KB. */
function withoutEmptyFields(value: string): string {
  let start = 0;
  while (value[start] === "," || value[start] === " ") start++;
  let end = value.length;
  while (end > start && (value[end - 1] === "," || value[end - 1] === " ")) end--;
  return value.slice(start, end);
}
