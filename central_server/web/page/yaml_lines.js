// On which line of a job file a setting stands, so that an error can be shown beside it. Pure.
// It reads indentation, not YAML: enough for files as people write them, and line 0 where it does not find the place.

/** The number of the line, from 1, that speaks of a dotted field; of its nearest parent otherwise; 0 for none. */
export function lineOfField(text, field) {
  const parts = field.split(/[.[\]]+/).filter(Boolean);
  for (let length = parts.length; length > 0; length -= 1) {
    const line = lineOf(text.split("\n"), parts.slice(0, length));
    if (line) return line;
  }
  return 0;
}

function lineOf(lines, parts) {
  let from = 0;
  let indent = -1;
  let found = 0;
  for (const part of parts) {
    const at = /^\d+$/.test(part) ? itemLine(lines, from, indent, Number(part)) : keyLine(lines, from, indent, part);
    if (at < 0) return 0;
    found = at + 1;
    indent = indentOf(lines[at]);
    from = at;
  }
  return found;
}

function keyLine(lines, from, indent, key) {
  const written = new RegExp(`(^|[\\s{,\\-"'])${escaped(key)}["']?\\s*:`);
  for (let at = from; at < lines.length; at += 1) {
    if (at > from && isOutside(lines[at], indent)) return -1;
    if (written.test(withoutComment(lines[at]))) return at;
  }
  return -1;
}

function itemLine(lines, from, indent, number) {
  let seen = -1;
  let itemIndent = -1;
  for (let at = from + 1; at < lines.length; at += 1) {
    if (isOutside(lines[at], indent) && !lines[at].trimStart().startsWith("-")) return -1;
    if (!/^\s*-/.test(lines[at])) continue;
    if (itemIndent < 0) itemIndent = indentOf(lines[at]);
    if (indentOf(lines[at]) === itemIndent) seen += 1;
    if (seen === number) return at;
  }
  return -1;
}

const indentOf = (line) => line.length - line.trimStart().length;
const isOutside = (line, indent) => line.trim() !== "" && !line.trimStart().startsWith("#") && indentOf(line) <= indent;
const withoutComment = (line) => line.replace(/(^|\s)#.*$/, "");
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
