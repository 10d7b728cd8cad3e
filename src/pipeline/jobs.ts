// Keeps jobs for as long as they run, which no request waits for, and says meanwhile what has failed in them so far.
import type { Fragment } from "../fragments/fragment.ts";
import { isJob } from "../fragments/job.ts";
import { type TreeContext, treeOf } from "../fragments/result.ts";
import type { LiveSpan } from "../fragments/span-entry.ts";
import type { Health } from "../health/health.ts";
import type { BuiltTree } from "../tree/redacted-tree.ts";

/** A program that never ends its spans must not fill the memory: of more jobs than these, the others have the time of a request. */
const MOST_JOBS = 1_000;

/** Takes what is said of a job that still runs. */
export interface ProgressExports {
  /**
   * Exports a span with the tree so far; false if the limits refuse it, or nothing is exported.
   *
   * @param moment - a tick since the start of the root
   */
  progress(root: LiveSpan, tree: BuiltTree, moment: number): boolean;
}

/** What jobs need of the others. */
interface JobParts {
  readonly exports: ProgressExports;
  readonly trees: TreeContext;
  readonly health: Pick<Health, "failed">;
  /** The next moment: a number in the order of all starts and ends of the process, not a time. */
  tick(): number;
}

/** The jobs that have run for longer than a request may. */
export class Jobs {
  readonly #exports: ProgressExports;
  readonly #trees: TreeContext;
  readonly #tick: () => number;
  readonly #health: Pick<Health, "failed">;
  readonly #jobs = new Set<Fragment>();

  constructor({ exports, trees, tick, health }: JobParts) {
    this.#exports = exports;
    this.#tick = tick;
    this.#trees = trees;
    this.#health = health;
  }

  /** True if a fragment whose time is over is a job that still runs. If something has failed in it, a span says so. */
  goesOn(fragment: Fragment): boolean {
    const isRunning = fragment.phase === "running" && fragment.root.end === Number.POSITIVE_INFINITY;
    if (!isRunning || !isJob(fragment) || !this.#holds(fragment)) return false;
    if (fragment.revision > 0) this.#say(fragment);
    return true;
  }

  /** A job that throws must not keep the others from being looked at. */
  #say(fragment: Fragment): void {
    try {
      const tree = treeOf(fragment, this.#trees);
      const { span, start } = fragment.root;
      if (tree !== undefined && this.#exports.progress(span, tree, this.#tick() - start)) {
        fragment.progressExported();
      }
    } catch (error) {
      this.#health.failed("the progress of a job", error);
    }
  }

  #holds(fragment: Fragment): boolean {
    if (this.#jobs.has(fragment)) return true;
    if (this.#jobs.size >= MOST_JOBS) return false;
    this.#jobs.add(fragment);
    return true;
  }

  /** It runs no more: nothing of it is held. */
  left(fragment: Fragment): void {
    this.#jobs.delete(fragment);
  }
}
