// What the drivers in JavaScript share: a browser without scripts with a person before it, and challenges.

import assert from 'node:assert/strict'

export const environment = (name) => {
  assert(process.env[name], name)
  return process.env[name]
}

export const report = (drove) => console.log(JSON.stringify({ drove }))

const unescaped = (text) =>
  text?.replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))).replaceAll('&amp;', '&')
const attribute = (tag, name) => unescaped(tag.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1])

export class Person {
  #cookies = new Map()

  constructor(name) {
    this.name = name
  }

  async #fetch(uri, options = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { accept: 'text/html', ...(cookie && { cookie }), ...options.headers }
    const answer = await fetch(uri, { redirect: 'manual', ...options, headers })
    for (const field of answer.headers.getSetCookie()) {
      const [name, value] = field.split(';')[0].split(/=(.*)/s)
      this.#cookies.set(name, value)
    }
    return answer
  }

  // Opens an address and goes on until it would be sent to one that begins with `until`.
  async visit(uri, until) {
    let answer = await this.#fetch(uri)
    for (let steps = 0; steps < 12; steps += 1) {
      if (answer.headers.has('location')) {
        uri = new URL(answer.headers.get('location'), uri).href
        if (uri.startsWith(until)) return uri
        answer = await this.#fetch(uri)
      } else {
        assert.equal(answer.status, 200, `${this.name} is stuck at ${uri}`)
        answer = await this.#fillIn(uri, await answer.text())
      }
    }
    assert.fail(`${this.name} does not get anywhere`)
  }

  async #fillIn(uri, page) {
    for (const [form] of page.matchAll(/<form\b.*?<\/form>/gs)) {
      const inputs = [...form.matchAll(/<input\b[^>]*>/g)].map(([tag]) => tag)
      const hidden = inputs.filter((tag) => attribute(tag, 'type') === 'hidden')
      const fields = Object.fromEntries(hidden.map((tag) => [attribute(tag, 'name'), attribute(tag, 'value') ?? '']))
      const more = {
        'sign-in': { username: this.name, password: environment('PASSWORD') },
        consent: { approve: 'yes' },
        'give-claims': { agree: 'yes' }
      }[fields.form_kind]
      if (more) {
        const body = new URLSearchParams({ ...fields, ...more })
        return this.#fetch(new URL(attribute(form, 'action'), uri), { method: 'POST', body })
      }
    }
    assert.fail(`nothing to fill in: ${page.slice(0, 400)}`)
  }
}

// `as_uri` and `ticket` of a challenge (Grant §3.2.1).
export const ticketOf = (answer) => {
  const field = answer.headers.get('www-authenticate') ?? ''
  assert(answer.status === 401 && field.startsWith('UMA '), field)
  return Object.fromEntries([...field.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]))
}

// A resource server of one's own: a resource of Alice, and a ticket for a scope of it, by her PAT.
export const protect = async (document, pat) => {
  const post = async (to, body) => {
    const headers = { authorization: `Bearer ${pat}`, 'content-type': 'application/json' }
    const answer = await fetch(to, { method: 'POST', headers, body: JSON.stringify(body) })
    assert.equal(answer.status, 201, await answer.clone().text())
    return answer.json()
  }
  const name = `Album ${Math.random()}`
  const { _id } = await post(document.resource_registration_endpoint, { name, resource_scopes: ['view', 'print'] })
  return {
    id: _id,
    ticket: async (scope) =>
      (await post(document.permission_endpoint, { resource_id: _id, resource_scopes: [scope] })).ticket
  }
}
