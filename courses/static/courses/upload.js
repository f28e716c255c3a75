// The upload form: refuses what is too large before it is sent, and shows how far the upload is. Without this script
// the form works as any form does.

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-most-bytes]"));

if (form) {
  const most = Number(form.dataset.mostBytes);
  const told = /** @type {HTMLElement} */ (form.querySelector("p[role=alert][hidden]"));
  const progress = /** @type {HTMLProgressElement} */ (form.querySelector("progress"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]"));

  const tooLarge = () => {
    const inputs = /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("input[type=file]"));
    return [...inputs].some((input) => [...(input.files || [])].some((file) => file.size > most));
  };

  /** @param {boolean} wrong */
  const tell = (wrong) => {
    told.textContent = wrong ? (form.dataset.tooLarge || "") : "";
    told.hidden = !wrong;
  };

  form.addEventListener("change", () => tell(tooLarge()));

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (tooLarge()) {
      tell(true);
      return;
    }
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (sent) => {
      if (sent.lengthComputable) {
        progress.value = (100 * sent.loaded) / sent.total;
      }
    });
    request.addEventListener("load", () => {
      // The answer is the page of the new material, or this one again with what is wrong.
      document.open();
      document.write(request.responseText);
      document.close();
      history.replaceState(null, "", request.responseURL);
    });
    request.addEventListener("error", () => {
      button.disabled = false;
      progress.hidden = true;
      tell(true);
    });
    button.disabled = true;
    progress.hidden = false;
    request.open("POST", form.action);
    request.send(new FormData(form));
  });
}
