// Holds what was counted, by window of time, edge and source: a pure function of what was given to it, whose merging is addition.
import { Cell, type CellData, type Source } from "./cell.ts";
import { type EdgeKey, edgeId, OTHER, OTHERS } from "./edge.ts";
import type { Meter } from "./log-histogram.ts";

/** One window, as data. `dropped` are hashes of the edges that had no room. */
export interface WindowData {
  readonly start: number;
  readonly cells: readonly CellData[];
  readonly dropped: readonly number[];
}

/** All counts, as data. */
export interface CountsData {
  readonly windowMs: number;
  readonly windows: readonly WindowData[];
  readonly services: readonly ServiceData[];
}

/** A service that sent something: when that was last, and when it last sent flow metrics. In milliseconds since the epoch. */
export interface ServiceData {
  readonly name: string;
  readonly last: number;
  readonly flow?: number;
}

/** How much is kept. */
export interface CountsLimits {
  /** Width of a window, in milliseconds. */
  readonly windowMs: number;
  /** Edges of one window and source; further ones count as one edge from `other` to `other`. @default 2000 */
  readonly mostEdges?: number;
  /** Names of services. @default 5000 */
  readonly mostServices?: number;
  /** Edges of all windows: if there are more, the oldest window is dropped. @default 200000 */
  readonly mostCells?: number;
  /** Memory of all windows, about: the same. @default 160 MB */
  readonly mostBytes?: number;
}

/** Memory of a cell without histograms and names, and of a character of a name: it stands in the cell and in its key. */
const CELL_BYTES = 800;
const CHAR_BYTES = 4;

/** So many edges without room are told apart in a window. */
const MOST_DROPPED = 1_000;

interface Window {
  readonly cells: Map<string, Cell>;
  /** How many cells each source has. */
  readonly edges: Map<Source, number>;
  readonly dropped: Set<number>;
}

interface Service {
  last: number;
  flow: number | undefined;
}

/**
 * Counts by window. What it holds depends on what was given to it alone, by event time; no clock is read. As long as every edge
 * has room the order does not matter, and the parts of what was given may be counted apart and merged.
 */
export class Counts {
  readonly windowMs: number;
  readonly #mostEdges: number;
  readonly #mostServices: number;
  readonly #mostCells: number;
  readonly #mostBytes: number;
  readonly #meter: Meter = { bytes: 0 };
  readonly #windows = new Map<number, Window>();
  readonly #services = new Map<string, Service>();
  #cells = 0;
  #isShort = false;
  #wideBefore = Number.NEGATIVE_INFINITY;
  #wideMs: number;

  constructor({ windowMs, mostEdges = 2_000, mostServices = 5_000, ...limits }: CountsLimits) {
    this.windowMs = windowMs;
    this.#mostEdges = mostEdges;
    this.#mostServices = mostServices;
    this.#mostCells = limits.mostCells ?? 200_000;
    this.#mostBytes = limits.mostBytes ?? 160_000_000;
    this.#wideMs = windowMs;
  }

  static from(data: CountsData, limits?: Omit<CountsLimits, "windowMs">): Counts {
    const counts = new Counts({ ...limits, windowMs: data.windowMs });
    for (const window of data.windows) counts.addWindow(window);
    for (const { name, last, flow } of data.services) counts.#note(name, last, flow);
    return counts;
  }

  /** Cells of all windows. */
  get size(): number {
    return this.#cells;
  }

  /** Memory of all windows, about. */
  get bytes(): number {
    return this.#meter.bytes;
  }

  /** True if windows were dropped because they had no room. */
  get isShort(): boolean {
    return this.#isShort;
  }

  /** The start of the oldest window, in milliseconds since the epoch. */
  get oldest(): number | undefined {
    let oldest: number | undefined;
    for (const start of this.#windows.keys()) if (oldest === undefined || start < oldest) oldest = start;
    return oldest;
  }

  /** What an edge has counted in the window of that time, to be added to. */
  cell(timeMs: number, key: EdgeKey, source: Source): Cell {
    return this.#cellOf(this.startOf(timeMs), key, source);
  }

  /** A service sent something; `isFlow`: flow metrics of its own. */
  seen(name: string, timeMs: number, isFlow = false): void {
    this.#note(name, timeMs, isFlow ? timeMs : undefined);
  }

  /** All services, in the order in which they came. */
  *services(): Generator<ServiceData> {
    for (const [name, { last, flow }] of this.#services) {
      yield { name, last, ...(flow === undefined ? undefined : { flow }) };
    }
  }

  /** The cells of the windows that begin in the time from `from` to before `to`. */
  *cells(from: number = Number.NEGATIVE_INFINITY, to: number = Number.POSITIVE_INFINITY): Generator<Cell> {
    for (const [start, { cells }] of this.#windows) if (start >= from && start < to) yield* cells.values();
  }

  /** How many edges had no room in these windows; at most 1,000 of each window are told apart. */
  droppedEdges(from: number = Number.NEGATIVE_INFINITY, to: number = Number.POSITIVE_INFINITY): number {
    const all = new Set<number>();
    for (const [start, { dropped }] of this.#windows) {
      if (start >= from && start < to) for (const hash of dropped) all.add(hash);
    }
    return all.size;
  }

  /** The beginning of the window in which a time lies. */
  startOf(timeMs: number): number {
    const width = timeMs < this.#wideBefore ? this.#wideMs : this.windowMs;
    return Math.floor(timeMs / width) * width;
  }

  /** Puts windows that are older together into ones of that width, a multiple of theirs: they take less memory and time. */
  widen(beforeMs: number, widthMs: number): void {
    this.#wideMs = widthMs;
    this.#wideBefore = Math.max(this.#wideBefore, Math.floor(beforeMs / widthMs) * widthMs);
    for (const [start, { cells, dropped }] of [...this.#windows]) {
      const wide = this.startOf(start);
      if (wide === start) continue;
      const window = this.#window(wide);
      for (const hash of dropped) drop(window, hash);
      for (const cell of cells.values()) this.#cellOf(wide, cell.key, cell.source).merge(cell);
      this.dropWindow(start);
    }
  }

  /** Forgets windows and services that are older. */
  dropBefore(timeMs: number): void {
    for (const start of [...this.#windows.keys()]) {
      const width = start < this.#wideBefore ? this.#wideMs : this.windowMs;
      if (start + width <= timeMs) this.dropWindow(start);
    }
    for (const [name, { last }] of this.#services) if (last < timeMs) this.#services.delete(name);
  }

  /** The starts of all windows, in milliseconds since the epoch. */
  starts(): Iterable<number> {
    return this.#windows.keys();
  }

  /** A window as data; empty if it is not there. */
  window(start: number): WindowData {
    const { cells, dropped } = this.#windows.get(start) ?? { cells: new Map<string, Cell>(), dropped: [] };
    return { start, cells: [...cells.values()].map((cell) => cell.toJSON()), dropped: [...dropped] };
  }

  /** Forgets a window. */
  dropWindow(start: number): void {
    const { cells } = this.#windows.get(start) ?? { cells: new Map<string, Cell>() };
    this.#cells -= cells.size;
    for (const cell of cells.values()) this.#meter.bytes -= bytesOf(cell.key) + cell.bytes;
    this.#windows.delete(start);
  }

  /** Adds what others have counted, in windows of the same width. */
  merge(other: Counts): void {
    for (const [start, { cells, dropped }] of other.#windows) {
      const window = this.#window(start);
      for (const hash of dropped) drop(window, hash);
      for (const cell of cells.values()) this.#cellOf(start, cell.key, cell.source).merge(cell);
    }
    for (const [name, { last, flow }] of other.#services) this.#note(name, last, flow);
  }

  /** Adds a window of others. */
  addWindow({ start, cells, dropped }: WindowData): void {
    const window = this.#window(start);
    for (const hash of dropped) drop(window, hash);
    for (const data of cells) {
      this.#cellOf(start, data, data.source).merge(new Cell(data, data.source, data));
    }
  }

  toJSON(): CountsData {
    return {
      windowMs: this.windowMs,
      windows: [...this.#windows.keys()].map((start) => this.window(start)),
      services: [...this.services()],
    };
  }

  #window(start: number): Window {
    let window = this.#windows.get(start);
    if (window === undefined) {
      window = { cells: new Map(), edges: new Map(), dropped: new Set() };
      this.#windows.set(start, window);
    }
    return window;
  }

  #cellOf(start: number, key: EdgeKey, source: Source): Cell {
    if (this.#cells > this.#mostCells || this.#meter.bytes > this.#mostBytes) this.#makeRoom();
    const window = this.#window(start);
    const id = edgeId(key);
    const cell = window.cells.get(cellId(id, source));
    if (cell !== undefined) return cell;
    const edges = window.edges.get(source) ?? 0;
    if (edges >= this.#mostEdges && !isOther(key)) {
      drop(window, hashOf(id));
      return this.#cellOf(start, OTHERS, source);
    }
    const created = new Cell(key, source, undefined, this.#meter);
    window.cells.set(cellId(id, source), created);
    window.edges.set(source, edges + 1);
    this.#cells++;
    this.#meter.bytes += bytesOf(key);
    return created;
  }

  /** Forgets the oldest windows. */
  #makeRoom(): void {
    while (this.#cells > this.#mostCells || this.#meter.bytes > this.#mostBytes) {
      const { oldest } = this;
      if (oldest === undefined) return;
      this.dropWindow(oldest);
      this.#isShort = true;
    }
  }

  #note(name: string, last: number, flow: number | undefined): void {
    const service = this.#services.get(name);
    if (service === undefined) {
      if (this.#services.size < this.#mostServices) this.#services.set(name, { last, flow });
      return;
    }
    service.last = Math.max(service.last, last);
    if (flow !== undefined) service.flow = Math.max(service.flow ?? flow, flow);
  }
}

function isOther({ client, server, connectionType }: EdgeKey): boolean {
  return client === OTHER && server === OTHER && connectionType === "";
}

function bytesOf({ client, server }: EdgeKey): number {
  return CELL_BYTES + CHAR_BYTES * (client.length + server.length);
}

function cellId(id: string, source: Source): string {
  return `${source}\0${id}`;
}

function drop(window: Window, hash: number): void {
  if (window.dropped.size < MOST_DROPPED) window.dropped.add(hash);
}

/** FNV-1a of the text's UTF-16 units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
