// Writes a job file: plain mappings, lists and values as YAML that a person edits. Small inner parts stand on one line. Pure.

const LONGEST_LINE = 96;
const PLAIN = /^[A-Za-z_][\w./:-]*$/;
const WORDS = new Set(["true", "false", "yes", "no", "on", "off", "null", "y", "n"]);

export function toYaml(value) {
  return lines(value, 0).join("\n") + "\n";
}

function lines(value, indent) {
  const pad = " ".repeat(indent);
  if (Array.isArray(value) && value.length) return value.map((one) => item(one, indent)).flat();
  if (isMapping(value) && Object.keys(value).length) return Object.entries(value).map(([key, one]) => entry(key, one, indent)).flat();
  return [pad + flow(value)];
}

function entry(key, value, indent) {
  const head = `${" ".repeat(indent)}${scalar(key)}:`;
  const short = `${head} ${flow(value)}`;
  const nested = isNested(value);
  if (!nested || (indent > 0 && short.length <= LONGEST_LINE) || (!hasNested(value) && short.length <= LONGEST_LINE)) return [short];
  return [head, ...lines(value, indent + 2)];
}

function item(value, indent) {
  const pad = " ".repeat(indent);
  const short = `${pad}- ${flow(value)}`;
  if (!isNested(value) || short.length <= LONGEST_LINE) return [short];
  const [first, ...rest] = lines(value, indent + 2);
  return [`${pad}- ${first.trimStart()}`, ...rest];
}

function flow(value) {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (isMapping(value)) return `{${Object.entries(value).map(([key, one]) => `${scalar(key)}: ${flow(one)}`).join(", ")}}`;
  return scalar(value);
}

// A text that YAML could read as anything else is written as JSON writes it, which YAML reads as the same text.
function scalar(value) {
  if (typeof value !== "string") return number(value);
  return PLAIN.test(value) && !WORDS.has(value.toLowerCase()) && !value.endsWith(":") ? value : JSON.stringify(value);
}

// YAML 1.1 takes 1e-05 for a text: the mantissa needs its point.
function number(value) {
  const text = JSON.stringify(value) ?? "null";
  return /^-?\d+e/.test(text) ? text.replace("e", ".0e") : text;
}

const isMapping = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isNested = (value) => value !== null && typeof value === "object" && (Array.isArray(value) ? value.length > 0 : Object.keys(value).length > 0);
const hasNested = (value) => Object.values(value).some(isNested);
