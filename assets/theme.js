/* Loaded in the head: sets light or dark before the first paint. The choice is remembered; until there is one, the system's counts. */
(function () {
  "use strict";
  var system = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return window.localStorage.getItem("theme");
    } catch (error) {
      return null; // storage may be forbidden: then the system's choice counts
    }
  }

  function apply() {
    var theme = chosen() || (system.matches ? "dark" : "light");
    var root = document.documentElement;
    root.setAttribute("data-bs-theme", theme);
    root.setAttribute("data-ag-theme-mode", theme);
    return theme;
  }

  window.regimeTheme = {
    apply: apply,
    current: function () {
      return document.documentElement.getAttribute("data-bs-theme");
    },
    toggle: function () {
      var next = window.regimeTheme.current() === "dark" ? "light" : "dark";
      try {
        window.localStorage.setItem("theme", next);
      } catch (error) {
        document.documentElement.setAttribute("data-bs-theme", next);
        document.documentElement.setAttribute("data-ag-theme-mode", next);
        return next;
      }
      return apply();
    },
    onSystemChange: function (tell) {
      system.addEventListener("change", function () {
        if (!chosen()) {
          tell(apply());
        }
      });
    },
  };
  apply();
})();
