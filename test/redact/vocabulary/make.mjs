// Makes src/redact/vocabulary-words.ts: the words that error messages of npm packages use, without names and typical passwords.
//
//     npm install zxcvbn          (in the folder of test/redact/corpus/README.md, whose packages are read)
//     node test/redact/vocabulary/make.mjs FOLDER
//
// A word is kept if it is English (frequency lists of zxcvbn) and stands in errors of two packages, or of four if it is a term of
// the field that is no word of English. Names of people, and words that are passwords rather than English, stand in lists of their own
// there and are left out; `ADDED` and `DROPPED` correct both.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const folder = resolve(process.argv[2] ?? ".");
const lists = createRequire(join(folder, "index.js"))("zxcvbn/lib/frequency_lists.js");
const listOf = (name) => (Array.isArray(lists[name]) ? lists[name] : String(lists[name]).split(","));
const left = new Set(["passwords", "male_names", "female_names", "surnames"].flatMap(listOf));
const english = new Set(["english_wikipedia", "us_tv_and_film"].flatMap(listOf));
const common = new Set(listOf("english_wikipedia").slice(0, 1500));

/** Terms of the field and of business, and words that the lists take for names or passwords. */
const ADDED = `
key keys hash null fields cloud long stack numbers bounds meta hooks page pages default element access buffer server
servers security bucket buckets custom pass username usernames password passwords crypto action timeout timeouts private static headers
decimal insert connect proxy lookup delete cookie cookies vector operator snapshot generic random streaming target success setter
filter filters driver drivers select install reader trigger marker secret secrets trace span spans api apis
order orders payment payments customer customers invoice invoices shipment shipments refund refunds cart carts checkout price prices
product products quantity balance declined booking bookings reservation basket warehouse catalogue catalog subscription plan tenant
tenants inventory supplier delivery deliveries shipping shipped paid unpaid charge charged charges currency amount total discount
coupon voucher expired revoked suspended archived duplicate already exceeded quota rate throttled locked unlocked
timed unreachable unresolved refused resets hang hangup bounced mailbox recipient sender bounce
collection collections document shard replica primary secondary cursor aggregate pipeline broker brokers topic topics partition
strength complexity hashing manager confirmation link unprocessable misdirected precondition teapot gone conflict
partitions consumer producer offset offsets rebalance coordinator deadlock constraint constraints violates violation unique foreign
relation syntax near truncation column columns row rows schema catalogs privilege privileges
dns tcp udp tls ssl ssh ftp smtp imap ldap http https grpc json xml yaml toml csv html url uri uuid jwt oauth oidc saml sasl mfa otp
pin iban card cards email phone host hosts port ports ip ipv utf ascii unicode sql nosql redis kafka amqp mqtt nats mongo
mysql mariadb sqlite oracle elasticsearch opensearch clickhouse cassandra dynamodb rabbitmq memcached nginx haproxy kubernetes
docker pod pods container containers namespace deployment replicas daemon aws gcp lambda bucket blob
econnrefused econnreset econnaborted enotfound etimedout epipe ehostunreach enetunreach eaddrinuse eacces eperm enoent eexist
emfile enospc eisdir enotdir enotempty eai_again
certificate certificates signed expired issuer verify altname altnames cert
deserialization unmarshal marshal parse unparsable malformed unreadable unwritable unavailable unauthenticated unauthorized forbidden
cancelled canceled aborted upstream downstream gateway retryable idempotent
worker workers job jobs queue queues scheduler cron webhook webhooks callback promise async await thread threads
incorrect wrong mistaken unknown unsupported unexpected invalid missing empty blank null undefined nan boolean integer float
denied permitted revoked failing reconnecting overloaded draining throttling backoff refunded
done yet still again later soon once twice instead
between beyond without whether unless although despite during within
`;

/** Names of people, places and times, and what is often a password. */
const DROPPED = `
max mark bill grace hope joy rose art frank rich jack dean king queen prince princess earl victor miles chase hunter mason cooper
parker taylor carter drew grant rob sue pat penny ruby dawn eve faith iris lily olive summer winter spring autumn angel christian
van lee young brown guy guys baby boy girl honey happy gold golden silver river music love lover flower football baseball
basketball soccer hockey rugby golf tennis dragon monkey tiger master shadow admin welcome letmein sunshine freedom star stars
magic power player ranger marine american captain doctor racing steel rocket castle crystal diamond heaven cookie1 apple
april june august january february march july september october november december monday sunday
paris jersey india china asia africa israel ireland korea kong iran poland norway sweden europe france germany italy japan spain
mexico california columbia maryland melbourne scotland wales england britain ontario minnesota missouri tennessee wisconsin
pennsylvania philadelphia oxford cambridge london york boston texas florida dallas austin
john james robert david jordan martin alexander jan los san el la
super test tests testing hello world root guest login qwerty secret1 pass1 foo bar baz ajv fastify acorn vitest react prisma
dick sex fuck shit damn hell god lord jesus war gun guns kill mom dad please hmm huh yeah ohio wanna gonna gotta oh hey okay
`;

const used = new Map();
for (const place of [folder, process.cwd()]) readModules(join(place, "node_modules"));
const kept = new Set(words(ADDED));
for (const [word, packages] of used) {
  if (left.has(word) || word.length < 2) continue;
  const known = english.has(word);
  if (known && (packages.size >= 2 || common.has(word))) kept.add(word);
  else if (packages.size >= 4 && word.length >= 3 && !word.includes("'")) kept.add(word);
}
for (const word of [..."ai"]) kept.add(word);
for (const word of words(DROPPED)) kept.delete(word);
const sorted = [...kept].filter((word) => /^[a-z][a-z'_]*$/.test(word)).sort();
const packed = pack(sorted);
writeFileSync(new URL("../../../src/redact/vocabulary-words.ts", import.meta.url), source(packed));
process.stderr.write(`${sorted.length} words, ${packed.length} characters\n`);

function words(text) {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** Each word as the number of letters that it shares with the one before, 9 at most, and the rest. */
function pack(list) {
  let before = "";
  let out = "";
  for (const word of list) {
    let shared = 0;
    while (shared < 9 && shared < before.length && word[shared] === before[shared]) shared++;
    out += shared + word.slice(shared);
    before = word;
  }
  return out;
}

function source(packed) {
  const lines = packed.match(/.{1,104}/g).map((line) => `  "${line}",`);
  return `// The words of the vocabulary, made by test/redact/vocabulary/make.mjs: sorted, each as the number of letters that it shares with the
// one before, and the rest.

export const PACKED_WORDS: readonly string[] = [\n${lines.join("\n")}\n];\n`;
}

function readModules(path) {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith(".")) continue;
    const inner = join(path, entry.name);
    if (!entry.name.startsWith("@")) readPackage(inner, entry.name, 0);
    else for (const scoped of readdirSync(inner)) readPackage(join(inner, scoped), scoped, 0);
  }
}

function readPackage(path, name, depth) {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) {
      if (entry.name === "node_modules") readModules(inner);
      else if (depth < 7) readPackage(inner, name, depth + 1);
    } else if (/\.[cm]?js$/.test(entry.name) && statSync(inner).size < 600_000) {
      for (const text of errorTexts(readFileSync(inner, "utf8"))) note(name, text);
    }
  }
}

function errorTexts(source) {
  const near =
    /(?:Error|Exception|throw|reject|fail|assert\w*|invariant|message|reason|warn)\b[^"'`\n]{0,60}?/;
  const quoted = /(["'`])((?:(?!\1)[^\\\n]|\\.){6,300})\1/;
  const texts = [...source.matchAll(new RegExp(near.source + quoted.source, "g"))].map(([, , text]) => text);
  return texts.filter((text) => text.includes(" ")).map((text) => text.replace(/\$\{[^}]*\}|\\[nrt]/g, " "));
}

function note(name, text) {
  for (const word of text.toLowerCase().match(/[a-z]+(?:'[a-z]+)?/g) ?? []) {
    const packages = used.get(word);
    if (packages === undefined) used.set(word, new Set([name]));
    else packages.add(name);
  }
}
