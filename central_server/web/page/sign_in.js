// Signing in: shows who the page acts for, sends a token once, and goes back to where one came from. It keeps no token.

const PATH = "/api/v1/session";
const said = document.getElementById("said");

function wayBack() {
  const to = new URLSearchParams(location.search).get("to") ?? "/";
  const url = new URL(to, location.origin);
  return url.origin === location.origin ? url.pathname + url.search + url.hash : "/";
}

async function showWho() {
  const response = await fetch(PATH, { credentials: "same-origin" });
  if (!response.ok) return;
  const { user, role } = await response.json();
  if (user) document.getElementById("who").textContent = `Now you are ${user}, with the role ${role}.`;
}

async function signIn(event) {
  event.preventDefault();
  const token = document.getElementById("token").value.trim();
  const headers = { "Content-Type": "application/json" };
  try {
    const response = await fetch(PATH, { method: "POST", headers, body: JSON.stringify({ token }), credentials: "same-origin" });
    if (response.ok) location.replace(wayBack());
    else said.textContent = (await response.json()).detail;
  } catch {
    said.textContent = "The server cannot be reached. Try again.";
  }
}

document.getElementById("form").addEventListener("submit", signIn);
showWho().catch(() => {});
