// Makes a value when it is first asked for.

/** So many values are nested in each other before they are made: making them is recursive, and depth is the peer's choice. */
const MOST_NESTED = 64;

/** A value that is made once, when it is first asked for: most failing requests are judged without. */
export class Later<Value> {
  /** How many others that are not made yet its making may go down through. */
  readonly nested: number;
  #make: (() => Value) | undefined;
  #value: Value | undefined;

  constructor(make: () => Value, nested = 0) {
    this.#make = make;
    this.nested = nested < MOST_NESTED ? nested : 0;
    if (nested >= MOST_NESTED) this.#value = this.value;
  }

  get value(): Value {
    const make = this.#make;
    if (make !== undefined) {
      this.#make = undefined;
      this.#value = make();
    }
    return this.#value as Value;
  }

  toJSON(): Value {
    return this.value;
  }
}
