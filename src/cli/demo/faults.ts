// Lists what can be made to fail in the demo.

/** Something that goes wrong in one of the services. */
export interface Fault {
  /** In the URL of a request. */
  readonly key: string;
  /** On the button. */
  readonly label: string;
  /** What happens, for people. */
  readonly what: string;
}

/** The first one is what `demo` shows without `--live`. */
export const FAULTS: readonly [Fault, ...Fault[]] = [
  {
    key: "password",
    label: "Wrong password",
    what: "bank cannot log in to its database. Its error quotes the password, and each service answers with a code of its own.",
  },
  {
    key: "bug",
    label: "Bug",
    what: "payment reads a property of undefined.",
  },
  {
    key: "slow",
    label: "Slow bank",
    what: "bank takes 2 s; payment waits 0.3 s for it.",
  },
  {
    key: "refused",
    label: "Bank is down",
    what: "nobody listens where payment calls the bank.",
  },
  {
    key: "declined",
    label: "Card declined",
    what: "bank does its job and says no, which everybody passes on: nothing is broken.",
  },
  {
    key: "mail",
    label: "No mail",
    what: "the welcome mail cannot be sent, and the order is placed all the same.",
  },
  {
    key: "hidden",
    label: "Failed with 200",
    what: "checkout answers 200 although the order failed, as GraphQL does, and tells the library with failRequest.",
  },
  {
    key: "none",
    label: "Nothing",
    what: "everything goes well.",
  },
];
