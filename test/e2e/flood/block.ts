// How long the event loop of this process stood still, and what it did in that time.
import inspector from "node:inspector/promises";

/** A time in which no timer of the process could run. */
export interface Block {
  readonly ms: number;
  /** Of it, time of the processor; the rest went to other processes of the machine. */
  readonly cpuMs: number;
  /** Of it, time in functions of the library themselves. */
  readonly ourMs: number;
  /** Functions by the time spent in themselves, the longest first. */
  readonly profile: readonly { readonly name: string; readonly ms: number }[];
}

/** What was seen. */
export interface Blocks {
  readonly longest: Block;
  /** The one in which the library had most to do. */
  readonly ours: Block;
}

const TICK_MS = 1;
const SAMPLE_US = 200;
const PROFILE_LINES = 10;
/** Stretches that are remembered, and how many of them, the longest, when there are more. */
const MOST_GAPS = 1000;
const KEPT_GAPS = 100;
const OUR_CODE = new URL("../../../dist/", import.meta.url).href;

type Profile = Awaited<ReturnType<typeof stopProfile>>;

/** A stretch between two ticks, in microseconds of the monotonic clock. */
interface Gap {
  readonly start: number;
  readonly end: number;
  readonly cpuUs: number;
}

/** Watches from now on. */
export class BlockWatch {
  readonly #session = new inspector.Session();
  readonly #timer: NodeJS.Timeout;
  #last = nowUs();
  #cpu = process.threadCpuUsage();
  readonly #gaps: Gap[] = [];

  private constructor() {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  static async start(): Promise<BlockWatch> {
    const watch = new BlockWatch();
    const session = watch.#session;
    session.connect();
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: SAMPLE_US });
    await session.post("Profiler.start");
    watch.#last = nowUs();
    return watch;
  }

  async stop(): Promise<Blocks> {
    this.#tick();
    clearInterval(this.#timer);
    const profile = await stopProfile(this.#session);
    this.#session.disconnect();
    const blocks = this.#gaps.map((gap) => blockOf(profile, gap));
    const most = (of: (block: Block) => number): Block =>
      blocks.reduce((one, other) => (of(other) > of(one) ? other : one));
    return { longest: most(({ ms }) => ms), ours: most(({ ourMs }) => ourMs) };
  }

  #tick(): void {
    const now = nowUs();
    const { user, system } = process.threadCpuUsage(this.#cpu);
    this.#gaps.push({ start: this.#last, end: now, cpuUs: user + system });
    // The shortest goes: what is looked for is among the others.
    if (this.#gaps.length > MOST_GAPS) {
      this.#gaps.sort((a, b) => b.end - b.start - (a.end - a.start));
      this.#gaps.length = KEPT_GAPS;
    }
    this.#last = now;
    this.#cpu = process.threadCpuUsage();
  }
}

async function stopProfile(session: inspector.Session) {
  return (await session.post("Profiler.stop")).profile;
}

function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** A stretch of time with its part of the profile, whose clock is that of `process.hrtime`. */
function blockOf(
  { nodes, samples = [], timeDeltas = [], startTime }: Profile,
  { start, end, cpuUs }: Gap,
): Block {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const self = new Map<string, number>();
  let at = startTime;
  let ourMs = 0;
  for (const [i, id] of samples.entries()) {
    const delta = timeDeltas[i] ?? 0;
    at += delta;
    const frame = frames.get(id);
    if (frame === undefined || at < start || at > end) continue;
    const file = frame.url.split("/").slice(-2).join("/");
    const name = `${frame.functionName || "(anonymous)"}${file === "" ? "" : ` ${file}:${frame.lineNumber + 1}`}`;
    self.set(name, (self.get(name) ?? 0) + delta / 1000);
    if (frame.url.startsWith(OUR_CODE)) ourMs += delta / 1000;
  }
  const lines = [...self].sort(([, a], [, b]) => b - a).slice(0, PROFILE_LINES);
  const profile = lines.map(([name, ms]) => ({ name, ms }));
  return { ms: (end - start) / 1000, cpuMs: cpuUs / 1000, ourMs, profile };
}
