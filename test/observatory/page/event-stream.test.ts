import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventStreamReader } from "../../../src/observatory/page/pure/event-stream.ts";

const read = (...pieces: string[]): unknown[] => {
  const reader = new EventStreamReader();
  return pieces.flatMap((piece) => reader.read(piece));
};

describe("an event stream", () => {
  test("has events with names, comments, several lines of data, and fields that mean nothing here", () => {
    expect(
      read(
        ": hello\nretry: 5\nid: 7\nevent: picture\ndata: {\ndata:  1}\n\ndata\n\nevent: lost\n\ndata:x\n\n",
      ),
    ).toEqual([
      { event: "picture", data: "{\n 1}" },
      { event: "message", data: "" },
      { event: "message", data: "x" },
    ]);
  });

  test("an event that is not ended is not there yet", () => {
    expect(read("data: a\n")).toEqual([]);
  });

  test("reads the same wherever it is cut, whatever ends its lines", () => {
    const line = fc.constantFrom("data: a", "event: e", "data", ": c", "", "", "data:  b");
    const end = fc.constantFrom("\n", "\r\n", "\r");
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), end, fc.array(fc.nat(9)), (lines, ending, lengths) => {
        const text = `${lines.join(ending)}${ending}data: last${ending}${ending}`;
        const pieces: string[] = [];
        let rest = text;
        for (const length of lengths) {
          pieces.push(rest.slice(0, length));
          rest = rest.slice(length);
        }
        const whole = read(text.replaceAll(/\r\n|\r/g, "\n"));
        expect(read(...pieces, rest)).toEqual(whole);
        expect(whole.length).toBeGreaterThan(0);
      }),
    );
  });
});
