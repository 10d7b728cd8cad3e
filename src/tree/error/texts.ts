// Writes what an error of a tree says: name, message and frames, cut and without control characters.
import { cutText, ELLIPSIS } from "../../redact/text.ts";
import { outcomeOf, printable } from "../format.ts";
import type { TreeNode } from "../tree.ts";

/** Most frames of one node; longest message, longest other text, and most of all texts, in UTF-16 units. */
const MOST_FRAMES = 8;
const LONGEST_MESSAGE = 2_048;
const LONGEST_NAME = 256;
const MOST_CHARS = 65_536;

/** Hands out the texts of one tree. */
export class ErrorTexts {
  #left = MOST_CHARS;

  name(text: string): string {
    return this.#cut(text, LONGEST_NAME);
  }

  message(text: string): string {
    return this.#cut(text, LONGEST_MESSAGE);
  }

  /** What the error of a node without a message says. */
  messageWithout(node: TreeNode): string {
    const { unanswered, opaque } = node;
    const why = unanswered ? ": no response" : opaque ? ": the callee did not say why" : "";
    return `${this.#operationOf(node)} ${outcomeOf(node)}${why}`.trim();
  }

  /**
   * The frames of a node, innermost first: those of its error, then its operations.
   *
   * @param isLeftOut - nodes between this one and the one above it are left out
   */
  frames(node: TreeNode, isLeftOut: boolean): string[] {
    const { frames = [], at } = node;
    const place = this.placeOf(node);
    const isRemote = node.spanId === undefined;
    const lines = frames.slice(0, MOST_FRAMES).map((frame) => {
      const text = this.name(frame);
      return isRemote ? remoteFrame(text, place) : text;
    });
    if (at !== undefined) lines.push(`${besidePlace(this.name(at))} (${place})`);
    lines.push(
      `${[besidePlace(this.#operationOf(node)), codeText(node)].filter(Boolean).join(" ")} (${place})`,
    );
    if (isLeftOut) lines.push("(what was called in between is left out)");
    return lines;
  }

  /** Where a node's operation ran. It is no file, and cannot be taken for one. */
  placeOf({ service, spanId }: TreeNode): string {
    const host = this.name(service).replaceAll(/[^\w.:@~-]/g, "_");
    return `${spanId === undefined ? "remote" : "local"}://${host === "" ? "unknown_service" : host}`;
  }

  #operationOf({ operation, peer }: TreeNode): string {
    return peer === undefined ? this.name(operation) : this.name(`${operation} -> ${peer}`);
  }

  #cut(text: string, most: number): string {
    // Escapes are longer than what they stand for: a text that is cut before is not read to its end.
    const read = printable(text.slice(0, most + 1));
    const limit = Math.min(most, this.#left);
    const shown = read.length <= limit ? read : cutText(read, Math.max(limit - 1, 0)) + ELLIPSIS;
    this.#left = Math.max(this.#left - shown.length, 0);
    return shown;
  }
}

/** `[unavailable ×3]`: the code that it returned, and how often. The empty string if that says nothing. */
function codeText({ code, count }: TreeNode): string {
  const parts = [code === "unknown" || code === "ok" ? "" : code, count > 1 ? `×${count}` : ""].filter(
    Boolean,
  );
  return parts.length === 0 ? "" : `[${parts.join(" ")}]`;
}

/** `fn (a.ts:3:9)` as `fn (remote://service/a.ts:3:9)`. */
function remoteFrame(frame: string, place: string): string {
  const open = frame.endsWith(")") || frame.endsWith(ELLIPSIS) ? frame.search(PLACE) : -1;
  const at = open === -1 ? (/^(?:async )?/.exec(frame)?.[0].length ?? 0) : open + 2;
  return `${frame.slice(0, at)}${place}/${besidePlace(frame.slice(at).replace(/^\/+/, ""))}`;
}

/** Where whoever reads a stack looks for the file of a frame. */
const PLACE = /\s\(/;
const PLACES = /(\s)\(/g;

/** A text of a peer that cannot be taken for the file of its frame: error trackers read files of this machine by such names. */
function besidePlace(text: string): string {
  return text.replace(PLACES, "$1[");
}
