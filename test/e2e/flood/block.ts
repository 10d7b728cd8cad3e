// How long the event loop of this process stood still at most, and what it did in that time.
import inspector from "node:inspector/promises";

/** The longest time in which no timer of the process could run. */
export interface Block {
  readonly ms: number;
  /** Of it, time of the processor; the rest went to other processes of the machine. */
  readonly cpuMs: number;
  /** Functions by the time spent in themselves, the longest first. */
  readonly profile: readonly { readonly name: string; readonly ms: number }[];
}

const TICK_MS = 1;
const SAMPLE_US = 200;
const PROFILE_LINES = 10;

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
  #longest: Gap = { start: 0, end: 0, cpuUs: 0 };

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

  async stop(): Promise<Block> {
    this.#tick();
    clearInterval(this.#timer);
    const { start, end, cpuUs } = this.#longest;
    const profile = await stopProfile(this.#session);
    this.#session.disconnect();
    return { ms: (end - start) / 1000, cpuMs: cpuUs / 1000, profile: linesOf(profile, start, end) };
  }

  #tick(): void {
    const now = nowUs();
    const { user, system } = process.threadCpuUsage(this.#cpu);
    if (now - this.#last > this.#longest.end - this.#longest.start) {
      this.#longest = { start: this.#last, end: now, cpuUs: user + system };
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

/** The profile of a stretch of time; its clock is that of `process.hrtime`. */
function linesOf({ nodes, samples = [], timeDeltas = [], startTime }: Profile, start: number, end: number) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const self = new Map<string, number>();
  let at = startTime;
  for (const [i, id] of samples.entries()) {
    const delta = timeDeltas[i] ?? 0;
    at += delta;
    const frame = frames.get(id);
    if (frame === undefined || at < start || at > end) continue;
    const file = frame.url.split("/").slice(-2).join("/");
    const name = `${frame.functionName || "(anonymous)"}${file === "" ? "" : ` ${file}:${frame.lineNumber + 1}`}`;
    self.set(name, (self.get(name) ?? 0) + delta / 1000);
  }
  const lines = [...self].sort(([, a], [, b]) => b - a).slice(0, PROFILE_LINES);
  return lines.map(([name, ms]) => ({ name, ms }));
}
