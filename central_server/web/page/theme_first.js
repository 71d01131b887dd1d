// Sets the chosen theme before anything is drawn, so that the page never flashes in the other one.
// A classic script on purpose: modules run only after the document was read.
try {
  const chosen = localStorage.getItem("cyxwiz-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is forbidden here: the system's theme it is.
}
