//! Both HTTP providers against a server that checks what it is sent.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;
use whetstone_core::port::{Model, ModelError, ModelRequest};
use whetstone_models::{Anthropic, OpenAi, RetryPolicy, ask_with_retries};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_partial_json, header, method, path},
};

fn request() -> ModelRequest {
    ModelRequest {
        id: "call-1".into(),
        system: "be brief".into(),
        prompt: "faster".into(),
        max_output_tokens: 512,
        temperature: 0.5,
        seed: 7,
    }
}

fn openai(server: &MockServer, limit: Duration) -> OpenAi {
    OpenAi::new(&format!("{}/v1", server.uri()), Some(SecretString::from("k")), "gpt-4o-mini", limit).expect("a client")
}

#[tokio::test]
async fn openai_is_asked_by_its_protocol_and_priced() {
    let server = MockServer::start().await;
    let reply = json!({"choices": [{"message": {"content": "answer"}}], "usage": {"prompt_tokens": 1000, "completion_tokens": 100}});
    let asked = json!({"model": "gpt-4o-mini", "max_tokens": 512, "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "faster"}]});
    let mock = Mock::given(method("POST"))
        .and(path("/v1/chat/completions"))
        .and(header("authorization", "Bearer k"))
        .and(body_partial_json(asked));
    mock.respond_with(ResponseTemplate::new(200).set_body_json(reply)).expect(1).mount(&server).await;
    let answer = openai(&server, Duration::from_secs(5)).ask(&request()).await.expect("an answer");
    assert_eq!((answer.text.as_str(), answer.input_tokens, answer.cost.0), ("answer", 1000, 150 + 60));
}

#[tokio::test]
async fn anthropic_is_asked_by_its_protocol() {
    let server = MockServer::start().await;
    let reply = json!({"content": [{"type": "text", "text": "answer"}], "usage": {"input_tokens": 10, "output_tokens": 5}});
    let mock =
        Mock::given(method("POST")).and(path("/v1/messages")).and(header("x-api-key", "k")).and(header("anthropic-version", "2023-06-01"));
    let mock = mock.and(body_partial_json(json!({"system": "be brief", "max_tokens": 512})));
    mock.respond_with(ResponseTemplate::new(200).set_body_json(reply)).expect(1).mount(&server).await;
    let model = Anthropic::new(&server.uri(), SecretString::from("k"), "claude-sonnet-4-5", Duration::from_secs(5)).expect("a client");
    assert_eq!(model.ask(&request()).await.expect("an answer").output_tokens, 5);
}

#[tokio::test]
async fn a_rate_limit_is_repeated_and_a_refusal_is_not() {
    let server = MockServer::start().await;
    let limited = ResponseTemplate::new(429).insert_header("retry-after", "0");
    Mock::given(method("POST")).respond_with(limited).up_to_n_times(2).expect(2).mount(&server).await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(401).set_body_string("bad key")).expect(1).mount(&server).await;
    let policy = RetryPolicy { attempts: 5, base: Duration::from_millis(1), longest: Duration::from_millis(5) };
    let failure = ask_with_retries(&openai(&server, Duration::from_secs(5)), &request(), &policy).await;
    assert!(matches!(failure, Err(ModelError::Refused(text)) if text.contains("bad key")));
}

#[tokio::test]
async fn a_silent_server_and_a_broken_answer_are_told_apart() {
    let server = MockServer::start().await;
    let late = ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
    Mock::given(method("POST")).respond_with(late).up_to_n_times(1).mount(&server).await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200).set_body_string("<html>")).mount(&server).await;
    let model = openai(&server, Duration::from_millis(200));
    assert!(matches!(model.ask(&request()).await, Err(ModelError::TimedOut(_))));
    assert!(matches!(model.ask(&request()).await, Err(ModelError::Malformed(_))));
}
