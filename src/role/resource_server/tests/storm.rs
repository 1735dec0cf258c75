//! Anything in any order: nothing panics, nothing is released without evidence, and nobody waits for ever.

use super::*;

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % sides
    }
}

const PATHS: [&str; 3] = [PHOTO, ALBUM, LETTER];

fn act(dice: &mut Dice) -> Act {
    let path: Text = PATHS[dice.roll(3)].into();
    match dice.roll(4) {
        0 => Act::ContentAppeared { path },
        1 => Act::ContentVanished { path },
        2 => Act::ScopesChanged { path, scopes: scope_set([["view"], ["edit"]][dice.roll(2)]) },
        _ => Act::EndProtection { path },
    }
}

fn response(dice: &mut Dice, call: &Call) -> Response {
    if dice.roll(6) == 0 {
        let status = [400, 401, 404, 412, 500][dice.roll(5)];
        return Response::Failure(Failure::body(status, ErrorCode::InvalidResourceId));
    }
    match &call.message {
        Request::GetConfiguration => Response::Configuration(Box::new(configuration(&Uri::from(call.to.origin())))),
        Request::Token(_) => tokens(["pat-x", "pat-y"][dice.roll(2)]),
        Request::CreateResource { id, .. } => {
            let given = ResourceId::from(["1", "2", "3"][dice.roll(3)]);
            Response::ResourceCreated(registered(id.clone().unwrap_or(given).as_str(), Some("1")))
        }
        Request::UpdateResource { id, .. } => Response::ResourceUpdated(registered(id.as_str(), Some("2"))),
        Request::ReadResource { id } => Response::Resource(registered(id.as_str(), Some("3"))),
        Request::DeleteResource { .. } => Response::ResourceDeleted,
        Request::ListResources => Response::ResourceList(vec![ResourceId::from("1")]),
        Request::Introspect(question) => match &question.resource_id {
            Some(id) if dice.roll(2) == 0 => active(&[permission(id.as_str(), &["view"])]),
            _ => inactive(),
        },
        _ => ticket("t"),
    }
}

fn step(bench: &mut Bench, dice: &mut Dice, waiting: &mut Vec<ExchangeId>) {
    bench.at = bench.at + Duration::from_secs(dice.roll(20) as u64);
    match dice.roll(12) {
        0..4 => {
            let (method, path) = (["GET", "PUT", "HEAD"][dice.roll(3)], PATHS[dice.roll(3)]);
            waiting.push(bench.access(method, path, [None, Some("a"), Some("b")][dice.roll(3)]));
        }
        4 => {
            let act = act(dice);
            bench.input(Input::Act(act));
        }
        5 if dice.roll(4) == 0 => {
            waiting.clear();
            bench.restart();
        }
        _ if bench.calls.is_empty() => {
            if let Some((timer, _)) = bench.timers.pop() {
                bench.input(Input::Timer(timer));
            }
        }
        other => {
            let at = dice.roll(bench.calls.len());
            let (exchange, call) = bench.calls.remove(at);
            if other == 6 {
                return bench.fail(exchange);
            }
            let response = response(dice, &call);
            bench.answer(exchange, response);
        }
    }
}

fn evidence_holds(bench: &Bench) -> bool {
    bench.facts.iter().all(|fact| match fact {
        Fact::ResourceReleased { rpt: Some(_), evidence, .. } => evidence.as_ref().is_some_and(|it| it.active),
        Fact::ResourceReleased { rpt: None, evidence, .. } => evidence.is_none(),
        _ => true,
    })
}

#[test]
fn anything_in_any_order_ends_well() {
    let (mut with_evidence, mut adopted) = (0, 0);
    for seed in 0..400 {
        let mut dice = Dice(seed);
        let mut config = config(Revision::ALL[dice.roll(2)]);
        config.cache_lifetime = Duration::from_secs(15);
        if dice.roll(2) == 0 {
            config.client_credentials_owners = BTreeMap::from([(Uri::from(AS), PersonId::from("alice"))]);
        }
        let mut bench = Bench::connected(config, &[]);
        let mut waiting = Vec::new();
        for _ in 0..80 {
            step(&mut bench, &mut dice, &mut waiting);
        }
        for _ in 0..1000 {
            let Some((exchange, _)) = bench.calls.pop() else { break };
            bench.fail(exchange);
        }
        assert!(bench.is_idle(), "seed {seed}");
        assert!(waiting.iter().all(|exchange| bench.answered(*exchange).is_some()), "seed {seed}");
        assert!(evidence_holds(&bench), "seed {seed}");
        with_evidence += bench.releases();
        adopted += bench.facts.iter().filter(|fact| matches!(fact, Fact::ResourceMapped { id: Some(_), .. })).count();
    }
    assert!(with_evidence > 100 && adopted > 100);
}
