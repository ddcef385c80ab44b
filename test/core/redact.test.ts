import { expect, test } from "vitest";
import { redact } from "@mtui/core/text";

const KEY = ["MIIEpAIBAAKCAQEA7bq+kSx2", "Zm9vYmFyYmF6cXV4MDEyMzQ1", "c2VjcmV0=="];

test.each([
  ["https://bob:hunter2@host/x", "https://***@host/x"],
  ["https://bob:p@ss:w@rd@host/x", "https://***@host/x"],
  ["see http://host/a@b", "see http://host/a@b"],
  ["GET /x?a=1&access_token=abc&b=2", "GET /x?a=1&access_token=***&b=2"],
  ["Authorization: Basic Ym9iOmh1bnRlcjI=", "Authorization: Basic ***"],
  ["'authorization': 'token 0123456789abcdef'", "'authorization': 'token ***'"],
  ["Proxy-Authorization: Digest username=bob, response=abc", "Proxy-Authorization: Digest ***"],
  ["Set-Cookie: session=abc; Path=/", "Set-Cookie: ***"],
  ["bearer abcdefgh12345678", "bearer ***"],
  ["GITEA_TOKEN=0123456789abcdef0123456789abcdef01234567", "GITEA_TOKEN=***"],
  ['{"password": "two words", "user": "bob"}', '{"password": ***, "user": "bob"}'],
  ["rootPassword: hunter2", "rootPassword: ***"],
  ["client_secret=abc", "client_secret=***"],
  ["ghp_0123456789abcdefghijABCDEFGHIJ", "***"],
  ["glpat-0123456789abcdefghij", "***"],
  ["AKIAIOSFODNN7EXAMPLE", "***"],
  ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc-def", "***"],
  [
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${KEY.join("\n")}\n-----END OPENSSH PRIVATE KEY-----\nok`,
    "-----BEGIN PRIVATE KEY----- ***\nok",
  ],
  [`-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n${KEY[0]}`, "-----BEGIN PRIVATE KEY----- ***"],
  [
    `a page\n${KEY.join("\n")}\n-----END RSA PRIVATE KEY-----`,
    "a page\n***\n***\n***\n-----END RSA PRIVATE KEY-----",
  ],
  ["a secret of mine: s3cr3t-value", "a secret of mine: ***"],
])("%s", (text, safe) => {
  expect(redact(text, ["s3cr3t-value"])).toBe(safe);
});

test.each([
  "libsecret = 0.20.5-1.1",
  "a package named tokenizer",
  "python3-cookies 1.2 -> 1.3",
  "Unexpected token function",
  "commit 0123456789abcdef0123456789abcdef01234567",
])("%s is no secret", (text) => {
  expect(redact(text)).toBe(text);
});

test("hostile text costs no more than its length", () => {
  for (const unit of [
    "a.a-a+",
    "://a",
    "token=",
    "-----BEGIN PRIVATE KEY-----",
    "AAAA\n",
    "eyJ",
    "secret_",
  ]) {
    const short = redact(unit.repeat(100));
    expect(short.length).toBeLessThanOrEqual(redact(unit.repeat(20_000)).length + 100);
  }
});
