import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readEventLines } from "../../../src/observatory/intake/event-lines.ts";
import { newIntake, pictureOf, START } from "./taking.ts";

describe("lines of events", () => {
  it("are the same however the stream is cut, and whatever they end with", async () => {
    const text = Array.from({ length: 60 }, (_, i) => {
      const line =
        i % 7 === 0 ? "wrong" : `{"node":"${i % 2 === 0 ? "a" : "ü"}","token":"${i >> 1}","time":${START}}`;
      return `${line}${i % 3 === 0 ? "\r\n" : "\n"}${i % 5 === 0 ? "\n" : ""}`;
    }).join("");
    const bytes = Buffer.from(text.trimEnd());
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 20 }), async (cuts) => {
        const places = [0, ...cuts.sort((one, other) => one - other), bytes.length];
        const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
        const intake = newIntake();
        const read = await readEventLines(Readable.from(chunks), intake, () => START);
        expect(read).toEqual({ accepted: 51, rejected: 9, first: "a line that is no JSON: wrong\r" });
        expect(pictureOf(intake).edges).toMatchObject([{ client: "a", server: "ü" }]);
      }),
    );
  });

  it("that are nested as deeply as they are long are left out, wherever, and the next one is read", async () => {
    const deep = `${"[".repeat(32_000)}${"]".repeat(32_000)}`;
    const wrong = ["node", "token", "id", "parent", "time", "failed", "ms"].map(
      (field) => `{"node":"a","token":1,"${field}":${deep}}`,
    );
    const intake = newIntake();
    const lines = [...wrong, deep, '{"node":"a","token":1}', '{"node":"b","token":1}'].join("\n");
    const first = "an event whose node is not a name, but something very deep";
    expect(await readEventLines(Readable.from([Buffer.from(lines)]), intake, () => START)).toEqual({
      ...{ accepted: 2, rejected: 8, first },
    });
    expect(intake.report.unread.first).toBe(first);
  });

  it("that are very long are left out, and the next one is read", async () => {
    const long = `{"node":"${"x".repeat(200_000)}"}`;
    const chunks = [
      `${long}\n{"node":"a","token":1}\n${long.slice(0, 90_000)}`,
      long.slice(90_000),
      '\n{"node":"b","token":1}',
    ];
    const intake = newIntake();
    const first = "a line of more than 65536 bytes";
    expect(
      await readEventLines(Readable.from(chunks.map((one) => Buffer.from(one))), intake, () => START),
    ).toEqual({
      ...{ accepted: 2, rejected: 2, first },
    });
    expect(intake.report.unread.first).toBe(first);
  });
});
