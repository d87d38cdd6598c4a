// Build the static parts: Sass and scripts to platform/banshi/web/static/vendor/, named by what is in them.
//
//     node tools/build_static.mjs [--force]
//
// The same sources give the same bytes under the same names; manifest.json maps plain names to hashed ones
// (banshi.web.templating.asset reads it). When no source has changed since the last build, nothing is done.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const web = join(root, "platform/banshi/web");
const styles = join(web, "styles");
const vendor = join(web, "static/vendor");
const govuk = join(root, "node_modules/govuk-frontend/dist");

// The components of GOV.UK Frontend that need their script; everything else works by HTML and CSS alone.
const COMPONENTS = { Button: "button", CharacterCount: "character-count", ErrorSummary: "error-summary" };
const STYLES = ["portal", "desk"];
const SCRIPTS = ["page", "desk"];
// Taken as they are: what a page asks for while somebody types, on top of a page that works without it.
const WHOLE = { "htmx.js": "node_modules/htmx.org/dist/htmx.min.js" };

const hash = (...parts) => parts.reduce((sum, part) => sum.update(part), createHash("sha256")).digest("hex").slice(0, 12);
const read = (path) => readFileSync(path, "utf8");

async function build() {
  const key = sources();
  if (!process.argv.includes("--force") && built() === key) return;
  const whole = Object.fromEntries(Object.entries(WHOLE).map(([name, path]) => [name, read(join(root, path))]));
  const parts = { ...(await css()), ...scripts(), ...whole };
  mkdirSync(vendor, { recursive: true });
  const before = Object.values(named());
  const manifest = {};
  for (const [name, text] of Object.entries(parts)) {
    const dot = name.lastIndexOf(".");
    manifest[name] = `${name.slice(0, dot)}.${hash(text)}${name.slice(dot)}`;
    writeFileSync(join(vendor, manifest[name]), text);
  }
  replace("manifest.json", JSON.stringify(manifest, null, 2) + "\n");
  replace("built-from", key);
  // A server that is still running names the parts of the build before this one: those stay, older ones go.
  const kept = new Set([...Object.values(manifest), ...before, "manifest.json", "built-from"]);
  for (const name of readdirSync(vendor)) if (!kept.has(name)) rmSync(join(vendor, name));
  console.log(`built ${Object.values(manifest).join(", ")}`);
}

// What the parts are built from: our sources, this file, and the exact versions of what they stand on.
function sources() {
  const own = readdirSync(styles).sort().map((name) => name + read(join(styles, name)));
  return hash(...own, read(fileURLToPath(import.meta.url)), read(join(root, "package-lock.json")));
}

// What the build that lies there was built from; nothing where any of its parts is missing.
function built() {
  try {
    for (const name of Object.values(named())) read(join(vendor, name));
    return read(join(vendor, "built-from"));
  } catch {
    return "";
  }
}

function named() {
  try {
    return JSON.parse(read(join(vendor, "manifest.json")));
  } catch {
    return {};
  }
}

// Whoever reads meanwhile finds the old text or the new, never half of it.
function replace(name, text) {
  writeFileSync(join(vendor, `${name}.new`), text);
  renameSync(join(vendor, `${name}.new`), join(vendor, name));
}

async function css() {
  const { compile } = await import("sass");
  const found = {};
  for (const name of STYLES) {
    const result = compile(join(styles, `${name}.scss`), { loadPaths: [govuk], style: "compressed", quietDeps: true });
    // A typeface or picture of GOV.UK, or an address outside, must never slip in with an update.
    const foreign = result.css.match(/url\((?!["']?data:)[^)]*\)|GDS Transport|@import[^;]*/);
    if (foreign) throw new Error(`${name}.css names ${foreign[0]}: only our own parts may be served`);
    found[`${name}.css`] = result.css;
  }
  return found;
}

// One module a page: each component's ready bundle becomes a block that returns its class, then our own lines.
function scripts() {
  const blocks = Object.entries(COMPONENTS).map(([name, folder]) => {
    const text = read(join(govuk, "govuk/components", folder, `${folder}.bundle.mjs`));
    const inner = bare(text).replace(`export { ${name} };`, `return ${name};`);
    if (inner.includes("export ")) throw new Error(`${folder}.bundle.mjs no longer ends as expected`);
    return `const ${name} = (() => {\n${inner}\n})();`;
  });
  return Object.fromEntries(
    SCRIPTS.map((name) => [`${name}.js`, (name === "page" ? blocks.join("\n") + "\n" : "") + bare(read(join(styles, `${name}.mjs`)))]),
  );
}

// Drop block comments, lines that are only a comment, indentation and empty lines; the code itself is left alone.
function bare(text) {
  const without = text.replace(/\/\*\*[\s\S]*?\*\//g, "");
  return without.split("\n").map((line) => line.trim()).filter((line) => line && !line.startsWith("//")).join("\n");
}

await build();
