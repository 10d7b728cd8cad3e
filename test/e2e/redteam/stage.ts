// Where attacks happen: one network, who lives in it, and the processes that several attacks share.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { makeNamespace, type Namespace } from "../../support/namespace.ts";
import { NodeProcess, type ProcessOptions } from "../../support/process/node-process.ts";
import { keyOf, windowAt } from "../trust/token.ts";
import { installOldNode } from "./old-node.ts";
import type { Exchanged, Head, Lie, Sent } from "./peer-orders.ts";
import { type Response, readResponse } from "./response.ts";
import type { Exported } from "./telemetry.ts";
import type { Watched } from "./work.ts";

/** A public address of documentation: nobody of ours. */
export const STRANGER = "198.51.100.7";
export const STRANGER_V6 = "2001:db8::7";
/** Addresses that look like something of ours to whoever cuts them: global, unique local of a cloud, link local. */
const OTHERS = ["203.0.113.9", "2a00:1450::1", "fd00:ec2::254", "2001:db8:1::2"];
export const SECRET = "k1:0123456789abcdefghijklmnopqrstuv";
/** Long enough on a busy machine; a process that does not answer for so long hangs. */
const PATIENCE_MS = 60_000;
const PEER = new URL("./peer.ts", import.meta.url);
const VICTIM = new URL("./victim.ts", import.meta.url);

/** Sets the stage; everything on it is gone after `undo`. */
export async function setStage(undo: Undo): Promise<Stage> {
  const addresses = [
    `${STRANGER}/32`,
    `${STRANGER_V6}/128`,
    ...OTHERS.map((one) => `${one}/${one.includes(":") ? 128 : 32}`),
  ];
  const namespace = await makeNamespace(addresses, undo);
  const folder = mkdtempSync(join(tmpdir(), "error-tree-redteam-"));
  await undo.add(() => rmSync(folder, { recursive: true, force: true }));
  return new Stage(namespace, folder, undo);
}

/** What runs a service under attack. @default this Node, and the program beside this file */
interface Runner {
  readonly node?: string;
  readonly program?: URL;
}

export class Stage {
  readonly undo: Undo;
  /** A folder of its own, gone at the end. */
  readonly folder: string;
  /** Why no stranger has an address of its own; absent if they have. */
  readonly noStrangers: string | undefined;
  readonly #before: readonly string[];
  readonly #shared = new Map<string, Promise<unknown>>();
  readonly #namespace: Namespace;
  /** What runs services under attack. */
  readonly #runner: Runner;
  readonly #peer: (() => Promise<Peer>) | undefined;

  constructor(
    namespace: Namespace,
    folder: string,
    undo: Undo,
    runner: Runner = {},
    peer?: () => Promise<Peer>,
  ) {
    this.#namespace = namespace;
    this.#runner = runner;
    this.#peer = peer;
    this.undo = undo;
    this.folder = folder;
    this.noStrangers = "why" in namespace ? namespace.why : undefined;
    this.#before = "why" in namespace ? [] : namespace.command;
  }

  /** What attacks share is made once, when the first one needs it. */
  once<T>(name: string, make: () => Promise<T>): Promise<T> {
    let made = this.#shared.get(name);
    if (made === undefined) {
      made = make();
      this.#shared.set(name, made);
    }
    return made as Promise<T>;
  }

  /** Starts a program that says when it is ready to do what it is asked. */
  async start(program: URL, options: ProcessOptions): Promise<NodeProcess> {
    const started = new NodeProcess(program, {
      ...options,
      before: this.#before,
      patienceMs: PATIENCE_MS,
      undo: this.undo,
    });
    await started.told("ready");
    return started;
  }

  /** The same stage, on which services run on the oldest Node; or why there is none. */
  old(): Promise<Stage | string> {
    return this.once("old", async () => {
      const old = await installOldNode(join(this.folder, "old"));
      if ("why" in old) return old.why;
      return new Stage(this.#namespace, this.folder, this.undo, old, () => this.peer());
    });
  }

  /** True if services run on the oldest Node. */
  get isOld(): boolean {
    return this.#peer !== undefined;
  }

  /** Who sends and takes bytes, with every address there is. */
  peer(): Promise<Peer> {
    if (this.#peer !== undefined) return this.#peer();
    return this.once("peer", async () => new Peer(await this.start(PEER, { name: "peer" })));
  }

  /** A service of its own. */
  async victim(env: Readonly<Record<string, string>>, options: ProcessOptions = {}): Promise<Victim> {
    const peer = await this.peer();
    const { program = VICTIM, node } = this.#runner;
    const started = await this.start(program, {
      name: "victim",
      env: { NAMES: this.names, ...env },
      ...(node === undefined ? {} : { node }),
      ...options,
    });
    return new Victim(started, await started.ask("port"), peer);
  }

  /** Names that a victim can resolve; without a namespace a stranger has an address of this host. */
  get names(): string {
    const at = this.noStrangers === undefined ? STRANGER : "127.0.0.9";
    const strangers = [
      "evil.example",
      "evil.example.",
      "svc.internal.evil.example",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "2a00",
      "fd00",
      "beef",
      "ours",
      "ours-by-name.internal",
      "ours-by-fetch.internal",
    ];
    return JSON.stringify({
      ...Object.fromEntries(strangers.map((name) => [name, at])),
      "svc.internal": "127.0.0.1",
      checkout: "127.0.0.1",
    });
  }
}

/** Who is no service of ours. */
export class Peer {
  readonly process: NodeProcess;

  constructor(process: NodeProcess) {
    this.process = process;
  }

  listen(how: { host?: string; path?: string; secure?: boolean } = {}): Promise<number> {
    return this.process.ask("listen", how);
  }

  /** Heads that came since it was last asked. */
  take(): Promise<Head[]> {
    return this.process.ask("take");
  }

  lie(lie: Partial<Lie>): Promise<void> {
    return this.process.ask("lie", lie);
  }

  /** What an HTTP/2 client gets: heads, trailers and body. */
  http2Get(port: number, headers: Readonly<Record<string, string>>): Promise<object> {
    return this.process.ask("http2Get", { port, headers });
  }

  send(sent: Sent): Promise<Exchanged> {
    return this.process.ask("send", sent);
  }
}

/** An ask of whoever knows the secret. */
export function askWithKey(form = "f=json"): string {
  return `v=1, ${form}, k="${keyOf(SECRET, windowAt(Date.now()))}"`;
}

/** A request for a victim. */
export interface Visit {
  readonly job?: string;
  readonly args?: object;
  readonly method?: string;
  readonly path?: string;
  /** Value of the ask. */
  readonly ask?: string;
  readonly lines?: readonly string[];
  readonly body?: string;
  /** Host field. @default victim */
  readonly host?: string;
  readonly from?: string;
  /** Address to connect to. */
  readonly to?: string;
}

/** A service under attack. */
export class Victim {
  readonly process: NodeProcess;
  readonly port: number;
  readonly #peer: Peer;

  constructor(process: NodeProcess, port: number, peer: Peer) {
    this.process = process;
    this.port = port;
    this.#peer = peer;
  }

  /** Sends one request by hand. */
  async visit(visit: Visit): Promise<Response> {
    const { from, to = "127.0.0.1" } = visit;
    const { got } = await this.#peer.send({
      port: this.port,
      host: to,
      bytes: bytesOf(visit),
      ...(from === undefined ? {} : { from }),
    });
    return readResponse(got);
  }

  /** Does something, and counts the work of the victim meanwhile. */
  async watch(what: () => Promise<unknown>): Promise<Watched> {
    await this.process.ask("watch");
    await what();
    return await this.process.ask("watched");
  }

  /** Everything that was exported, after all that waits was. */
  async exported(): Promise<readonly Exported[]> {
    await this.process.ask("flush");
    return await this.process.ask("exported");
  }

  counts(): Promise<Record<string, number>> {
    return this.process.ask("counts");
  }
}

/** The bytes of a request. */
export function bytesOf({
  job,
  args = {},
  method = "GET",
  path = "/",
  ask,
  lines = [],
  host = "localhost",
  body,
}: Visit): string {
  const head = [`${method} ${path} HTTP/1.1`, `host: ${host}`, "connection: close"];
  if (job !== undefined) head.push(`x-job: ${encodeURIComponent(JSON.stringify({ name: job, args }))}`);
  if (ask !== undefined) head.push(`x-error-tree: ${ask}`);
  if (body !== undefined) head.push(`content-length: ${Buffer.byteLength(body, "latin1")}`);
  return `${[...head, ...lines].join("\r\n")}\r\n\r\n${body ?? ""}`;
}
