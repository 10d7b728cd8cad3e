// Removes from a text what steers a terminal: escape sequences, control and bidi characters; a line break becomes a space.
import { CONTROL, classOf } from "./char-class.ts";

const ESCAPE = 0x1b;
const BELL = 0x07;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const CSI = 0x9b;
const STRING_END = 0x9c;

/** True for controls beyond ASCII, separators of lines, and the characters that change the direction of text. */
export function isSteering(unit: number): boolean {
  if (unit < 0x80) return false;
  if (unit < 0xa0 || unit === 0x061c) return true;
  if (unit < 0x200e || unit > 0x2069) return false;
  return unit < 0x2010 || (unit >= 0x2028 && unit <= 0x202e) || unit >= 0x2066;
}

/**
 * The text without them. A sequence that is not whole loses its first characters, and what follows is read as text: at
 * most twice.
 */
export function withoutControls(text: string): string {
  let out = "";
  let from = 0;
  // A break takes the breaks and spaces behind it along.
  let inBreak = false;
  let i = 0;
  while (i < text.length) {
    const unit = text.charCodeAt(i);
    const control = unit < 0x80 ? (classOf(unit) & CONTROL) !== 0 : isSteering(unit);
    if (!control && !(inBreak && unit === 0x20)) {
      inBreak = false;
      i++;
      continue;
    }
    out += text.slice(from, i);
    const end = unit === ESCAPE || unit > 0x7f ? sequenceEnd(text, i, unit) : i;
    if (end > i) i = end;
    else {
      const isBreak = isBreakUnit(unit);
      if (isBreak && !inBreak) out += " ";
      inBreak = isBreak || (inBreak && unit === 0x20);
      i++;
    }
    from = i;
  }
  return (out + text.slice(from)).trimEnd();
}

function isBreakUnit(unit: number): boolean {
  return (unit >= 0x09 && unit <= 0x0d) || unit === 0x85 || unit === 0x2028 || unit === 0x2029;
}

/** Where an escape sequence ends; its beginning if there is none. Source: ECMA-48, sections 5.3 to 5.6. */
function sequenceEnd(text: string, start: number, unit: number): number {
  const next = text.charCodeAt(start + 1);
  if (unit === CSI || (unit === ESCAPE && next === BRACKET)) {
    const end = controlSequenceEnd(text, unit === CSI ? start + 1 : start + 2);
    if (end > 0) return end;
  } else if (unit === ESCAPE ? isStringIntroducer(next) : isStringControl(unit)) {
    const end = controlStringEnd(text, unit === ESCAPE ? start + 2 : start + 1);
    if (end > 0) return end;
  }
  return unit === ESCAPE ? shortSequenceEnd(text, start) : start;
}

/** DCS, SOS, OSC, PM and APC, behind an escape character. */
function isStringIntroducer(unit: number): boolean {
  return unit === 0x50 || unit === 0x58 || (unit >= 0x5d && unit <= 0x5f);
}

/** The same as one character. */
function isStringControl(unit: number): boolean {
  return unit === 0x90 || unit === 0x98 || (unit >= 0x9d && unit <= 0x9f);
}

/** Parameters, intermediates and a final character; -1 if it has none. */
function controlSequenceEnd(text: string, place: number): number {
  let i = place;
  while (isBetween(text.charCodeAt(i), 0x30, 0x3f)) i++;
  while (isBetween(text.charCodeAt(i), 0x20, 0x2f)) i++;
  return isBetween(text.charCodeAt(i), 0x40, 0x7e) ? i + 1 : -1;
}

/** -1 if something else comes before the terminator. */
function controlStringEnd(text: string, place: number): number {
  let i = place;
  let unit = text.charCodeAt(i);
  while (i < text.length && unit !== BELL && unit !== ESCAPE && !isBetween(unit, 0x80, 0x9f)) {
    unit = text.charCodeAt(++i);
  }
  if (unit === BELL || unit === STRING_END) return i + 1;
  return unit === ESCAPE && text.charCodeAt(i + 1) === BACKSLASH ? i + 2 : -1;
}

/** An escape character, intermediates and a final character; the beginning if it has none. */
function shortSequenceEnd(text: string, start: number): number {
  let i = start + 1;
  while (isBetween(text.charCodeAt(i), 0x20, 0x2f)) i++;
  return isBetween(text.charCodeAt(i), 0x30, 0x7e) ? i + 1 : start;
}

function isBetween(unit: number, first: number, last: number): boolean {
  return unit >= first && unit <= last;
}
