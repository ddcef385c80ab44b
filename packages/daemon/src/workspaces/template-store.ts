import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { lstat, mkdir, mkdtemp, open, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Rrid, readReport } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { LoadedTemplate } from "./workspace.ts";

/** Where template directories are, and where a missing one is checked out from ("" = nowhere). */
export interface TemplateSource {
  templateDir: string;
  svnPath: string;
  fancyReportsUrl: string;
  signal?: AbortSignal;
}

/** Bytes of one template file; reports are far smaller. */
const MAX_FILE = 16 * 1024 * 1024;
const CHECKOUT_MS = 120_000;

/**
 * Reads the template directory of a request; checks it out from Subversion when it is not there.
 * Connects no host and changes nothing in a directory that exists.
 * @throws MtuiError template.notFound, template.invalid, template.unsafe
 */
export async function loadTemplate(rrid: Rrid, source: TemplateSource): Promise<LoadedTemplate> {
  const path = resolve(source.templateDir, rrid.text);
  if (!(await isDirectory(path))) await checkOut(rrid, { ...source, path });
  const log = await readTemplateFile(path, "log");
  if (log === null) {
    throw new MtuiError("template.notFound", `${path} has no file "log", so it is not a test report.`, {
      hint: `Remove the directory and load ${rrid.text} again, or check [mtui] template_dir (now ${source.templateDir}).`,
    });
  }
  const metadata = await readTemplateFile(path, "metadata.json");
  if (metadata === null) {
    throw new MtuiError(
      "template.invalid",
      `The test report of ${rrid.text} has no metadata.json (in ${path}).`,
      {
        hint: "Update the checkout (svn up), or ask for the template to be generated again.",
      },
    );
  }
  const report = readReport({
    rrid,
    log,
    metadata,
    project: await readTemplateFile(path, "project.xml"),
    patchinfo: await readTemplateFile(path, "patchinfo.xml"),
  });
  const unverified = unverifiedWarning(rrid);
  const warnings = unverified === null ? report.warnings : [...report.warnings, unverified];
  return { rrid, report: { ...report, warnings }, path };
}

/**
 * A template of SLFO names the commit it was made from; whether that is still the head of its pull
 * request only Gitea knows, and it is not asked: a token must not go to whatever URL a template names.
 */
function unverifiedWarning(rrid: Rrid): string | null {
  if (rrid.kind !== "SLFO" || String(rrid.incident) === "1.1") return null;
  return "template.unverified: nobody checked that the template is of the pull request's latest commit";
}

async function isDirectory(path: string): Promise<boolean> {
  const stat = await lstat(path).catch(() => null);
  if (stat === null) return false;
  if (stat.isDirectory()) return true;
  throw new MtuiError("template.unsafe", `${path} is not a directory.`, {
    hint: "Template directories must be real directories, not links; move it out of the way.",
  });
}

/** @returns null when there is no such file. A link could point outside the checkout: refused. */
async function readTemplateFile(directory: string, name: string): Promise<string | null> {
  const path = join(directory, name);
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    throw new MtuiError("template.unsafe", `${path} could not be opened: ${code ?? String(thrown)}`, {
      hint:
        code === "ELOOP" ? "It is a symbolic link; a template has plain files." : "Check its owner and mode.",
      cause: thrown,
    });
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > MAX_FILE) {
      throw new MtuiError("template.invalid", `${path} is not a plain file of at most ${MAX_FILE} bytes.`, {
        hint: "Update the checkout (svn up).",
      });
    }
    return new TextDecoder("utf-8").decode(await file.readFile());
  } finally {
    await file.close();
  }
}

async function checkOut(rrid: Rrid, source: TemplateSource & { path: string }): Promise<void> {
  const missing = new MtuiError(
    "template.notFound",
    `There is no test report for ${rrid.text} in ${source.templateDir}.`,
    {
      hint:
        source.svnPath === ""
          ? "Check the RRID and [mtui] template_dir; [svn] path is empty, so nothing is checked out."
          : `Check the RRID; a published report would be at ${source.fancyReportsUrl}/${rrid.text}/log`,
      data: { rrid: rrid.text },
    },
  );
  if (source.svnPath === "") throw missing;
  await mkdir(source.templateDir, { recursive: true });
  // Elsewhere first: a checkout that breaks off must not look like a template the next time.
  const parent = await mkdtemp(join(source.templateDir, ".checkout-"));
  try {
    const fresh = join(parent, "fresh");
    const url = `${source.svnPath}/${rrid.text}`;
    const failure = await svn(["checkout", "--non-interactive", "--quiet", url, fresh], source);
    if (failure !== null) {
      throw new MtuiError("template.notFound", `${missing.message} The checkout failed: ${failure}`, {
        hint: missing.hint ?? "",
      });
    }
    await rename(fresh, source.path).catch(async (thrown: unknown) => {
      // Somebody else was faster, which is as good.
      if (!(await isDirectory(source.path))) throw thrown;
    });
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

/** @returns null on success, else what svn said, in one line. */
function svn(args: string[], source: TemplateSource): Promise<string | null> {
  return new Promise((done) => {
    const limit = AbortSignal.timeout(CHECKOUT_MS);
    const signal = source.signal === undefined ? limit : AbortSignal.any([source.signal, limit]);
    const child = spawn("svn", args, {
      cwd: source.templateDir,
      stdio: ["ignore", "ignore", "pipe"],
      signal,
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-2000);
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      done(
        error.code === "ENOENT"
          ? "svn is not installed"
          : limit.aborted
            ? "svn took too long"
            : error.message,
      );
    });
    child.on("close", (code) =>
      done(code === 0 ? null : said.trim().split("\n").at(-1) || `svn ended with ${code}`),
    );
  });
}
