// Finds out where a call of grpc-js leads: what its channel was made for, and who is connected.
import { isIP } from "node:net";
import { hostOf } from "../../trust/authority.ts";
import type { ClientCall } from "./grpc-js.ts";
import type { GrpcTarget, Peer } from "./side.ts";

/** What a call of a channel has, and the calls that interceptors put around it. None of it is public. */
interface Inner {
  readonly nextCall?: Inner;
  readonly call?: Inner;
  readonly channel?: Channel;
  /** Makes the call anew if it may be repeated. */
  readonly child?: { readonly underlyingCalls?: readonly { readonly call?: Partial<ClientCall> }[] };
  /** Whom the call names, as `host:port`. */
  readonly host?: string;
}

interface Channel {
  getTarget(): string;
  readonly options?: Readonly<Record<string, unknown>>;
}

const MOST_LAYERS = 100;
/** A tunnel through a proxy, which grpc-js opens if the environment names one. */
const TUNNEL = "grpc.http_connect_target";

/** The last targets by channel: nearly always a channel's calls name the same authority. */
const targets = new WeakMap<
  object,
  { readonly authority: string; readonly target: GrpcTarget | undefined }
>();

/** The innermost of a call and those that interceptors have put around it: the one that the channel made. */
export function innermost(call: ClientCall): object {
  let inner = call as Inner;
  for (let i = 0; i < MOST_LAYERS; i++) {
    const next = inner.nextCall ?? inner.call;
    if (next === undefined) break;
    inner = next;
  }
  return inner;
}

/** Where a call leads; `undefined` if that is not known, or if a proxy stands in between, which could read an ask. */
export function targetOf(innermostCall: object): GrpcTarget | undefined {
  const { channel, host: authority } = innermostCall as Inner;
  if (channel?.options === undefined || typeof authority !== "string") return undefined;
  const known = targets.get(channel);
  if (known?.authority === authority) return known.target;
  const hosts = TUNNEL in channel.options ? undefined : hostsOf(channel.getTarget());
  const target = hosts === undefined ? undefined : { hosts, authority };
  targets.set(channel, { authority, target });
  return target;
}

/** Source: gRPC Name Resolution. */
const TARGET = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/[^/]*\/)?(.+)$/i;

/** The hosts of a target such as `dns:payment:50051`; none for a socket of this host, `undefined` for what is not understood. */
export function hostsOf(target: string): string[] | undefined {
  const [, scheme = "dns", path = ""] = TARGET.exec(target) ?? [];
  if (scheme === "unix" || scheme === "unix-abstract") return [];
  const hosts: string[] = [];
  for (const one of path.split(",")) {
    const host = isIP(one) === 0 ? hostOf(one.trim()) : one;
    if (host === undefined) return undefined;
    hosts.push(host);
  }
  return hosts;
}

/**
 * To whom the attempts of a call led. A call that gets no head, and ends by its deadline or because the program gives up, does
 * not say so itself.
 */
export function addressesOf(call: ClientCall): string[] {
  const attempts = (innermost(call) as Inner).child?.underlyingCalls ?? [];
  const peers = [call.getPeer(), ...attempts.map((attempt) => attempt.call?.getPeer?.() ?? "")];
  return peers.flatMap((peer) => addressIn(peer) ?? []);
}

/** Who is connected, by what a call says when its status has come. */
export function peerOf(call: ClientCall, { hosts }: GrpcTarget): Peer {
  const address = addressIn(call.getPeer());
  if (address !== undefined) return { address };
  return hosts.length === 0 ? "this-host" : "unknown";
}

/** The address in `address:port`; `undefined` for a name or a socket. */
function addressIn(peer: string): string | undefined {
  const host = hostOf(peer);
  return host !== undefined && isIP(host) !== 0 ? host : undefined;
}
