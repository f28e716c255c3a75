// Asks every two seconds whether the file is there, and shows what the page then says. Without scripts there is a link.
(() => {
  const status = document.querySelector("[data-waiting]");
  if (!status) return;
  const ask = async () => {
    try {
      const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
      const now = page.querySelector("[data-file]");
      if (now && !now.hasAttribute("data-waiting")) {
        status.innerHTML = now.innerHTML;
        return;
      }
    } catch {
      // Without a network it asks again.
    }
    setTimeout(ask, 2000);
  };
  setTimeout(ask, 1000);
})();
