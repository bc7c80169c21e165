/* Loaded in the head, before all else. The charts' library comes with the page, and Dash may have a figure to draw before it is
   there: then Dash would fetch the whole library as well. So it is given this to wait for. */
(function () {
  "use strict";
  var awaited = new Promise(function (resolve, reject) {
    document.addEventListener("DOMContentLoaded", function () {
      if (window.Plotly !== awaited) {
        resolve();
        return;
      }
      var whole = document.createElement("script"); // the part of it that pages draw with could not be loaded
      whole.src = document.querySelector("meta[name=charts]").content;
      whole.onload = resolve;
      whole.onerror = reject;
      document.head.appendChild(whole);
    });
  });
  window.Plotly = awaited;
})();
