/* Files on their way to the server: dropped, chosen or pasted, sent as they are, one at a time. */
(function () {
  "use strict";
  var sending = null;

  function tell(id, props) {
    window.dash_clientside.set_props(id, props);
  }

  function none() {
    return window.dash_clientside.no_update;
  }

  function megabytes(bytes) {
    return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
  }

  function over(message, name) {
    sending = null;
    tell("label-transfer", { hidden: true });
    if (message) {
      tell("label-refused", { data: { name: name, message: message, at: Date.now() } });
    }
  }

  function why(request) {
    try {
      return JSON.parse(request.responseText).detail;
    } catch (error) {
      return "The server did not take it (" + request.status + "): try again.";
    }
  }

  function send(content, name) {
    var zone = document.getElementById("label-upload");
    var limit = Number(zone.dataset.limit);
    if (sending) {
      sending.onabort = null;
      sending.abort();
    }
    if (content.size > limit * 1e6) {
      over("It has " + megabytes(content.size) + " MB; the limit is " + limit + " MB: split it by date.", name);
      return;
    }
    var request = (sending = new XMLHttpRequest());
    var form = new FormData();
    form.append("file", content, name);
    request.open("POST", zone.dataset.url);
    request.setRequestHeader("X-Regime-Desk", "upload");
    request.upload.onprogress = function (event) {
      var share = event.lengthComputable ? event.loaded / event.total : 0;
      tell("label-transfer-bar", { value: Math.round(100 * share) });
      tell("label-transfer-told", {
        children:
          share < 1 ? "Sending " + name + ": " + megabytes(event.loaded) + " of " + megabytes(event.total) + " MB" : "Received " + name,
      });
    };
    request.onload = function () {
      if (request.status !== 201) {
        over(why(request), name);
        return;
      }
      var kept = JSON.parse(request.responseText);
      over();
      tell("label-file", { data: { id: kept.id, name: kept.name, at: Date.now() } });
    };
    request.onerror = function () {
      over("The connection broke off before it was all sent: try again.", name);
    };
    request.onabort = function () {
      over("Cancelled: nothing of it was kept.", name);
    };
    tell("label-transfer-bar", { value: 0 });
    tell("label-transfer-told", { children: "Sending " + name });
    tell("label-transfer", { hidden: false });
    request.send(form);
  }

  function take(files) {
    if (files && files.length) {
      send(files[0], files[0].name);
    }
  }

  function attach(id) {
    var zone = document.getElementById(id);
    if (zone.querySelector("input[type=file]")) {
      return none();
    }
    var input = document.createElement("input");
    input.type = "file";
    input.hidden = true;
    input.addEventListener("change", function () {
      take(input.files);
      input.value = ""; // so that the same file can be chosen again
    });
    input.addEventListener("click", function (event) {
      event.stopPropagation();
    });
    zone.appendChild(input);
    zone.addEventListener("click", function () {
      input.click();
    });
    ["dragenter", "dragover"].forEach(function (name) {
      zone.addEventListener(name, function (event) {
        event.preventDefault();
        zone.classList.add("drop-active");
      });
    });
    ["dragleave", "drop"].forEach(function (name) {
      zone.addEventListener(name, function (event) {
        event.preventDefault();
        zone.classList.remove("drop-active");
      });
    });
    zone.addEventListener("drop", function (event) {
      take(event.dataTransfer.files);
    });
    return none();
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    upload: {
      attach: attach,
      paste: function () {
        var text = document.getElementById("label-paste").value;
        if (text.trim()) {
          send(new Blob([text], { type: "text/plain" }), "pasted cells.txt");
        }
        return none();
      },
      stop: function () {
        if (sending) {
          sending.abort();
        }
        return none();
      },
    },
  });
})();
