// Makes values that look like those of real users and services, from a seed: none of them belongs to anybody.
import { createHmac } from "node:crypto";

const LOWER = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";
const ALPHANUMERIC = LOWER + LOWER.toUpperCase() + DIGITS;

const FIRST =
  "ada bruno chiara dmitri elif farid greta hana ivan jolanta kofi leila mateus noor olga pavel".split(" ");
const LAST = "novak okafor lindqvist moreau yilmaz haddad petrov castellano weber nakamura singh olsen".split(
  " ",
);
const WORDS = "Sommer tiger Kaffee winter Rocket marble Falcon zebra Copper violin Garden Pepper".split(" ");
const DOMAINS = ["example.com", "mail.example.org", "kunde.example", "shop.example.net"];

/** Draws values, and remembers those that must not be told. */
export class Values {
  /** What must not be told, and how much of it. */
  secrets = [];
  #random;

  constructor(random) {
    this.#random = random;
  }

  #pick(list) {
    return list[Math.floor(this.#random() * list.length)];
  }

  #chars(alphabet, length) {
    return Array.from({ length }, () => this.#pick(alphabet)).join("");
  }

  #secret(text) {
    this.secrets.push(text);
    return text;
  }

  /** As people choose them, and as generators make them. */
  password() {
    const word = this.#pick(WORDS);
    return this.#secret(
      this.#pick([
        `${word}${this.#chars(DIGITS, 4)}!`,
        `${word}${this.#chars(DIGITS, 2)}`,
        this.#chars(LOWER, 9),
        `${this.#chars(ALPHANUMERIC, 12)}#${this.#chars(DIGITS, 2)}`,
        `${word.toLowerCase()}-${this.#chars(LOWER, 5)}-${this.#chars(LOWER, 6)}`,
        this.#chars(ALPHANUMERIC, 20),
      ]),
    );
  }

  /** Of small letters, as some people choose them. */
  word() {
    return this.#secret(this.#chars(LOWER, 8));
  }

  /** An opaque token. */
  token(length = 32) {
    return this.#secret(this.#chars(ALPHANUMERIC, length));
  }

  hex(length = 40) {
    return this.#secret(this.#chars("0123456789abcdef", length));
  }

  digits(length) {
    return this.#secret(this.#pick("123456789") + this.#chars(DIGITS, length - 1));
  }

  /** The name is personal, the host is not. */
  mail() {
    const name = this.#pick([
      `${this.#pick(FIRST)}.${this.#pick(LAST)}`,
      `${this.#pick(FIRST)}${this.#chars(DIGITS, 3)}`,
      `${this.#pick(LAST)}+${this.#chars(LOWER, 4)}`,
    ]);
    return `${this.#secret(name)}@${this.#pick(DOMAINS)}`;
  }

  /** A first and a last name. */
  person() {
    const name = [this.#pick(FIRST), this.#pick(LAST)]
      .map((one) => one[0].toUpperCase() + one.slice(1))
      .join(" ");
    return this.#secret(name);
  }

  phone() {
    return this.#secret(
      this.#pick([
        `+49 ${this.#chars("123456789", 3)} ${this.#chars(DIGITS, 7)}`,
        `+1 (${this.#chars("23456789", 3)}) 555-${this.#chars(DIGITS, 4)}`,
        `+44${this.#chars("123456789", 10)}`,
        `(${this.#chars("23456789", 3)}) 555-${this.#chars(DIGITS, 4)}`,
      ]),
    );
  }

  /** Of a person in the United States. */
  ssn() {
    return this.#secret(
      `${this.#chars("12345678", 3)}-${this.#chars("123456789", 2)}-${this.#chars("123456789", 4)}`,
    );
  }

  /** A card's number that passes the Luhn formula. */
  card(between = "") {
    const digits = [4, ...Array.from(this.#chars(DIGITS, 14), Number)];
    const sum = digits.reduce((all, digit, place) => all + (place % 2 === 0 ? luhn(digit) : digit), 0);
    const all = [...digits, (10 - (sum % 10)) % 10].join("");
    return this.#secret(all.match(/.{4}/g).join(between));
  }

  iban(between = "") {
    const account = this.#chars("123456789", 18);
    const rest = Array.from(`${account}131400`).reduce((left, digit) => (left * 10 + Number(digit)) % 97, 0);
    const all = `DE${String(98 - rest).padStart(2, "0")}${account}`;
    return this.#secret(all.match(/.{1,4}/g).join(between));
  }

  jwt() {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const body = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: this.#chars(DIGITS, 6), exp: 1700000000 })}`;
    return this.#secret(`${body}.${createHmac("sha256", "k").update(body).digest("base64url")}`);
  }

  basic() {
    return this.#secret(
      Buffer.from(`${this.#pick(FIRST)}:${this.#chars(ALPHANUMERIC, 10)}`).toString("base64"),
    );
  }

  /** Keys as their makers print them. */
  known(kind) {
    const more = (length) => this.#chars(ALPHANUMERIC, length);
    const made = {
      aws: () => `AKIA${this.#chars(LOWER.toUpperCase() + DIGITS, 16)}`,
      github: () => `ghp_${more(36)}`,
      gitlab: () => `glpat-${more(20)}`,
      stripe: () => `sk_live_${more(24)}`,
      slack: () => `xoxb-${this.#chars(DIGITS, 12)}-${this.#chars(DIGITS, 12)}-${more(24)}`,
      google: () => `AIza${more(35)}`,
      npm: () => `npm_${more(36)}`,
      sendgrid: () => `SG.${more(22)}.${more(43)}`,
      openai: () => `sk-proj-${more(24)}T3${more(20)}`,
      telegram: () => `${this.#chars("123456789", 10)}:AA${more(33)}`,
      slackPath: () => `T${this.#chars("ABCDEF123", 8)}/B${this.#chars("ABCDEF123", 8)}/${more(24)}`,
      discordPath: () => `${this.#chars("123456789", 18)}/${more(68)}`,
      twilio: () => `SK${this.#chars("0123456789abcdef", 32)}`,
      digitalocean: () => `dop_v1_${this.#chars("0123456789abcdef", 64)}`,
      vault: () => `hvs.${more(24)}`,
      shopify: () => `shpat_${this.#chars("0123456789abcdef", 32)}`,
      huggingface: () => `hf_${more(34)}`,
      pypi: () => `pypi-AgEIcHlwaS5vcmc${more(40)}`,
      mailgun: () => `key-${this.#chars("0123456789abcdef", 32)}`,
    };
    return this.#secret(made[kind]());
  }
}

function luhn(digit) {
  return digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
