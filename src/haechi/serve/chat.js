// Runs once in the page; Streamlit inserts it again on every rerun.
(() => {
  if (window.haechiReady) return;
  window.haechiReady = true;
  document.documentElement.lang = "ko";

  // Korean input: the Enter that ends a composition must not send. Streamlit looks at isComposing alone, but Safari
  // ends the composition before the keydown arrives, with isComposing false and keyCode 229.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.stopImmediatePropagation();
  }, true);

  // A new question comes to the top, so that its answer grows into view.
  let questions = 0;
  new MutationObserver(() => {
    const rows = document.querySelectorAll(".h-row");
    if (rows.length > questions) rows[rows.length - 1].scrollIntoView({ block: "start", behavior: "smooth" });
    questions = rows.length;
  }).observe(document.body, { childList: true, subtree: true });

  // A marker opens its source. The page's address stays as it is, so that Streamlit does not rerun.
  document.addEventListener("click", (event) => {
    const marker = event.target.closest && event.target.closest("a.h-marker");
    if (!marker) return;
    event.preventDefault();
    const source = document.getElementById(marker.getAttribute("href").slice(1));
    if (!source) return;
    source.open = true;
    source.scrollIntoView({ block: "nearest", behavior: "smooth" });
    source.querySelector("summary").focus({ preventScroll: true });
  }, true);
})();
