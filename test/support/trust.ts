// Trust as a service has it, and the requests that it decides about.

import type { AskingRequest, OwnNames } from "../../src/trust/doubt.ts";
import type { KeyRing } from "../../src/trust/key-ring.ts";
import { AskableHosts, createTrust, type Trust, type TrustRule } from "../../src/trust/trust.ts";

/** Trust of a service that asks what all ask as installed, and propagates no field of its own. */
export function trusting(
  rule: TrustRule | undefined,
  peers: readonly string[] = [],
  keys?: KeyRing,
  own: Partial<OwnNames> = {},
): Trust {
  return createTrust({ rule, peers, keys }, { hosts: new AskableHosts(), propagated: new Set(), ...own });
}

/**
 * A request of a peer as the server sees it, to the host "shop" unless a field says another. A field with a list of values
 * stands repeatedly, with an empty list not at all.
 */
export function requestFrom(
  remoteAddress: string | undefined,
  fields: Readonly<Record<string, string | readonly string[]>> = {},
  { url = "/", maxHeaderPairs = 2000 }: { url?: string; maxHeaderPairs?: number } = {},
): AskingRequest {
  const hasHost = Object.keys(fields).some((name) => name.toLowerCase() === "host");
  const rawHeaders = Object.entries(hasHost ? fields : { Host: "shop", ...fields }).flatMap(
    ([name, values]) => [values].flat().flatMap((value) => [name, value]),
  );
  return {
    rawHeaders,
    url,
    socket: { remoteAddress, parser: { maxHeaderPairs } },
  } as unknown as AskingRequest;
}
