/* The link to an upload: the address of this view with the token in it, and its way to the clipboard. */
(function () {
  "use strict";
  var MANUAL = "Press Ctrl+C to copy: the link is selected.";

  function select(id) {
    var box = document.getElementById(id);
    box.focus();
    box.select();
    return box;
  }

  /* Without HTTPS a page has no clipboard: then the old command may do it, and else the visitor. */
  function copySelected(id) {
    select(id);
    return document.execCommand("copy") ? "Copied" : MANUAL;
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    sharing: {
      toggle: function (clicks, hidden) {
        return [!hidden, String(hidden)];
      },
      address: function (link) {
        if (!link) {
          return ["", true];
        }
        var query = new URLSearchParams(window.location.search);
        query.set("share", link.token);
        return [window.location.origin + window.location.pathname + "?" + query.toString(), false];
      },
      copy: function (clicks, link, id) {
        var byButton = window.dash_clientside.callback_context.triggered.some(function (item) {
          return item.prop_id === "label-share-copy.n_clicks";
        });
        if (!byButton) {
          return ""; // a new link is not copied yet
        }
        if (!navigator.clipboard) {
          return copySelected(id);
        }
        return navigator.clipboard.writeText(document.getElementById(id).value).then(
          function () {
            return "Copied";
          },
          function () {
            return copySelected(id);
          }
        );
      },
    },
  });
})();
