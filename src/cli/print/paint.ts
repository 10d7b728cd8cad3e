// Colours text if colours are wanted.
import { styleText } from "node:util";

/** Text in a style, or as it is. */
export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

export function painter(colour: boolean): Paint {
  return colour ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text;
}
