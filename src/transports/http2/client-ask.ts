// Puts asks on requests of node:http2, when the connection is there and the peer is known.
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { HEADER_NAME } from "../../wire/header.ts";
import { type Asks, type Call, HEAD_BYTES } from "../asks.ts";
import { callOf, keepCall } from "../call-slot.ts";
import { isNamelessPeer } from "../receive.ts";
import { takeFromFields } from "../taken.ts";
import {
  bytesOf,
  type Field,
  type FieldList,
  fieldsIn,
  listOf,
  MOST_FIELDS,
  ourField,
} from "./field-list.ts";
import { isGrpc } from "./hidden.ts";
import { handleOf, ownerOf, socketOf } from "./native.ts";
import type { ChangedHead } from "./request-guard.ts";
import { watchResets } from "./resets.ts";

/** Told of a call that led to an address that its host must not lead to. */
type Strayed = (call: Call, address: string | undefined) => void;

/** The requests of this process, and whether each carries an ask. */
export class Http2Asks {
  readonly #asks: Asks;
  readonly #strayed: Strayed;

  constructor(asks: Asks, strayed: Strayed) {
    this.#asks = asks;
    this.#strayed = strayed;
  }

  callOf(stream: object): Call | undefined {
    return callOf(stream, this.#asks);
  }

  /** A request was made; it is sent as soon as its connection is there. `headers` is what the program sees as sent. */
  created(stream: ClientHttp2Stream, headers: Record<string, unknown> | undefined): void {
    const id = this.#asks.idIn(headers?.[HEADER_NAME]);
    if (id === undefined) return;
    takeFromFields(headers as object);
    keepCall(stream, { by: this.#asks, id, authority: "", state: "silent" });
    this.started(stream);
  }

  /** A request is sent: what was decided about its head is known by node's object beneath it. */
  started(stream: ClientHttp2Stream): void {
    const handle = handleOf(stream);
    if (handle === undefined) return;
    const call = this.callOf(handle);
    if (call === undefined) return;
    keepCall(stream, call);
    watchResets(handle);
  }

  /** Puts the ask in the place of a note of ours, or removes the note. */
  headMade(session: object, list: FieldList): ChangedHead | undefined {
    const fields = fieldsIn(list);
    if (fields === undefined) return undefined;
    const isWithdrawn = fields.some(
      ({ name, value }) => name === HEADER_NAME && this.#asks.takeWithdrawn(value),
    );
    const id = isWithdrawn ? undefined : this.#idIn(fields);
    if (id === undefined && !isWithdrawn) return undefined;
    const others = fields.filter(({ name }) => name !== HEADER_NAME);
    // A request of undici, which is watched there.
    if (id === undefined) return { list: listOf(others), sent: () => {} };
    const call: Call = {
      by: this.#asks,
      id,
      authority: textIn(others, ":authority", "host"),
      state: "silent",
    };
    const ask = this.#mayAsk(ownerOf(session) as ClientHttp2Session | undefined, others, call)
      ? this.#asks.askOf(id)
      : undefined;
    if (ask !== undefined) call.state = "asked";
    const sent = (stream: object): void => keepCall(stream, call);
    return { list: listOf(ask === undefined ? others : [...others, ourField(ask)]), sent };
  }

  #idIn(fields: readonly Field[]): string | undefined {
    for (const { name, value } of fields) {
      if (name !== HEADER_NAME) continue;
      const id = this.#asks.idIn(value) ?? this.#asks.idOfUnseen(value);
      if (id !== undefined) return id;
    }
    return undefined;
  }

  #mayAsk(session: ClientHttp2Session | undefined, fields: readonly Field[], call: Call): boolean {
    const { hosts, isOpen, tunnels } = this.#asks;
    if (!isOpen || !SHOWS_STREAMS || session === undefined || !hosts.hasAuthority(call.authority))
      return false;
    if (
      textIn(fields, ":method") === "CONNECT" ||
      isGrpc({ "content-type": textIn(fields, "content-type") })
    ) {
      return false;
    }
    if (fields.length >= MOST_FIELDS) return false;
    const { maxHeaderListSize = HEAD_BYTES } = session.remoteSettings;
    if (bytesOf(fields) + ASK_BYTES > Math.min(maxHeaderListSize, HEAD_BYTES)) return false;
    const { socket } = session;
    if (isNamelessPeer(socket) || tunnels.has(socketOf(session) ?? socket)) return false;
    if (hosts.authorityMayLeadTo(call.authority, socket.remoteAddress)) return true;
    this.#strayed(call, socket.remoteAddress);
    return false;
  }
}

/** Most bytes of an ask that we write, with the longest service name and key. */
const ASK_BYTES = 400;

/** True if node shows the streams of HTTP/2: from 22.23 and 24 on. Answers could not be hidden without. */
const SHOWS_STREAMS: boolean = showsStreams(process.versions);

/** Exported for tests. */
export function showsStreams(versions: Readonly<Record<string, string | undefined>>): boolean {
  if (versions.bun !== undefined || versions.deno !== undefined) return false;
  const [major = 0, minor = 0] = (versions.node ?? "").split(".").map(Number);
  return major >= 24 || (major === 22 && minor >= 23);
}

function textIn(fields: readonly Field[], ...names: readonly string[]): string {
  for (const wanted of names) {
    const found = fields.find(({ name }) => name === wanted);
    if (found !== undefined) return found.value;
  }
  return "";
}
