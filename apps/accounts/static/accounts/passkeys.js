// Shows the passkey buttons where the browser can use them, and says so when something went wrong.
// Without this file the buttons stay hidden and the other ways to sign in work.
(function () {
  'use strict'

  function supported () {
    return Boolean(window.PublicKeyCredential && navigator.credentials)
  }

  function show (selector) {
    document.querySelectorAll(selector).forEach(function (element) { element.hidden = false })
  }

  document.addEventListener('DOMContentLoaded', function () {
    show(supported() ? '[data-passkey]' : '[data-passkey-unsupported]')
    document.querySelectorAll('[data-passkey]').forEach(function (button) {
      button.addEventListener('click', function () {
        document.querySelectorAll('[data-passkey-error]').forEach(function (box) { box.hidden = true })
      })
    })
  })

  document.addEventListener('allauth.error', function (event) {
    event.preventDefault()
    show('[data-passkey-error]')
  })
})()
