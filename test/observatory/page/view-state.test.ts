import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  FIRST_VIEW,
  fragmentOf,
  type ViewState,
  viewOf,
} from "../../../src/observatory/page/pure/view-state.ts";

const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
const view: fc.Arbitrary<ViewState> = fc.record({
  view: fc.constantFrom("graph", "table"),
  unit: fc.constantFrom("s", "min", "h"),
  span: fc.oneof(
    fc.record({ last: fc.integer({ min: 1, max: 86_400 }) }),
    fc.tuple(time, fc.integer({ min: 1, max: 1e9 })).map(([from, length]) => ({ from, to: from + length })),
  ),
  before: fc.option(time, { nil: undefined }),
  search: fc.string({ unit: "grapheme" }),
  unhealthyOnly: fc.boolean(),
  whole: fc.boolean(),
  node: fc.option(name, { nil: undefined }),
  edge: fc.option(
    fc.record({
      client: name,
      server: name,
      connectionType: fc.constantFrom("", "messaging_system", "database", "virtual_node"),
    }),
    { nil: undefined },
  ),
  question: fc.constantFrom("depends", "blast", "start", undefined),
  failure: fc.option(name, { nil: undefined }),
  theme: fc.constantFrom("light", "dark", undefined),
});

describe("the address of the page", () => {
  test("holds all that the reader has chosen", () => {
    fc.assert(
      fc.property(view, (one) => {
        expect(viewOf(`#${fragmentOf(one)}`)).toEqual(one);
      }),
    );
  });

  test("is short if nothing was chosen", () => {
    expect(fragmentOf(FIRST_VIEW)).toBe("");
  });

  test("any text is read, and what is wrong in it is as at first", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void viewOf(text)));
    expect(
      viewOf("#unit=week&last=-3&from=9&to=3&ask=why&theme=pink&client=a&connection=pipe&before=1e5"),
    ).toEqual(FIRST_VIEW);
  });
});
