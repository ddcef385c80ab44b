import { z } from "zod";
import {
  choice,
  count,
  flag,
  httpUrl,
  listOf,
  path,
  positiveSeconds,
  seconds,
  verification,
} from "./values.ts";

const sessionUser = z
  .string()
  .trim()
  .regex(/^[^\s:\p{Cc}]{1,64}$/u)
  .describe("a name of at most 64 characters without blanks and ':' (it stands in lock files)");

const directoryName = z
  .string()
  .trim()
  .regex(/^(?!\.{1,2}$)[^/\0\n\r]{1,255}$/)
  .describe("one directory name without '/'");

const remoteDir = z
  .string()
  .trim()
  .regex(/^\/[A-Za-z0-9._/-]{0,255}$/)
  .describe("an absolute directory on the hosts, of letters, digits, '.', '_', '-' and '/'");

/** Every key of `mtui.yaml` with what it may hold (docs/formats/config.md, "Keys"). */
export const SECTIONS = {
  mtui: z.strictObject({
    template_dir: path,
    user: sessionUser,
    install_logs: directoryName,
    ssl_verify: verification,
  }),
  connection: z.strictObject({
    connection_timeout: positiveSeconds,
    command_timeout: seconds,
    reattach: seconds,
    ssh_strict_host_key_checking: choice(["auto_add", "warn", "reject"]),
    ssh_config: path.optional(),
  }),
  refhosts: z.strictObject({
    resolvers: listOf(["https", "path"]),
    https_uri: httpUrl,
    https_expiration: positiveSeconds,
    path,
    pool_select: flag,
  }),
  lock: z.strictObject({
    reap_stale: flag,
    stale_age: seconds,
    wait: seconds,
    wait_poll: positiveSeconds,
  }),
  target: z.strictObject({ tempdir: remoteDir }),
  url: z.strictObject({ bugzilla: httpUrl, testreports: httpUrl, fancy_reports: httpUrl }),
  svn: z.strictObject({ path: z.string().trim().max(4096).describe("text; empty: nothing is checked out") }),
  gitea: z.strictObject({ token: z.string().trim().max(1024).describe("text") }),
  jobs: z.strictObject({
    max_active: count(1, 10_000),
    max_active_per_workspace: count(1, 1_000),
    keep_finished: count(0, 100_000),
    keep_seconds: seconds,
    output_bytes: count(2 * 1024 * 1024, 2 ** 40),
    keep_output_bytes: count(0, 2 ** 50),
    spool_bytes: count(1024 * 1024, 2 ** 40),
  }),
  mcp: z.strictObject({ reply_bytes: count(2_000, 1_000_000) }),
  daemon: z.strictObject({
    fanout: count(1, 1_000),
    log_level: choice(["debug", "info", "warn", "error"]),
  }),
} as const;

export type SectionName = keyof typeof SECTIONS;
export type Config = { readonly [S in SectionName]: Readonly<z.output<(typeof SECTIONS)[S]>> };
/** What one file may set. */
export type PartialConfig = { [S in SectionName]?: Partial<z.output<(typeof SECTIONS)[S]>> };

/** Values that are paths on this machine: relative to the file that names them. */
export const PATH_KEYS = [
  "mtui.template_dir",
  "mtui.ssl_verify",
  "connection.ssh_config",
  "refhosts.path",
] as const;

/** Values that are never shown. */
export const SECRET_KEYS: ReadonlySet<string> = new Set(["gitea.token"]);

export const SECTION_NAMES = Object.keys(SECTIONS) as SectionName[];

export function isSection(name: string): name is SectionName {
  return Object.hasOwn(SECTIONS, name);
}

export function keysOf(section: SectionName): string[] {
  return Object.keys(SECTIONS[section].shape);
}

/** The end of the sentence "KEY must be ...". */
export function allowedIn(section: SectionName, key: string): string | null {
  const shape: Readonly<Record<string, z.ZodType>> = SECTIONS[section].shape;
  const schema = shape[key];
  if (schema === undefined) return null;
  return (
    schema.description ??
    (schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType).description : null) ??
    null
  );
}
