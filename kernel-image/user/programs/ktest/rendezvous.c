#include "ktest.h"

#define CALLS 400
#define SIZES 64
#define CALLERS 4
#define CALLS_OF_EACH 25

static void a_call_is_answered(void)
{
    struct partner server;
    char text[NUMBER_SIZE];
    CHECK(partner_start(&server, "serve", number_text(CALLS, text)));
    for (int i = 0; i < CALLS; i++) {
        struct message message = message_of((uint32_t)i % SIZES, (uint8_t)i);
        CHECK_EQUAL(sys_call(server.task, &message), 0);
        CHECK(message_is(&message, (uint32_t)i % SIZES, (uint8_t)(i + 1)));
    }
    CHECK_EQUAL(partner_end(&server), 0);
}

static _Atomic uint32_t answers;
static uint64_t server_task;

static void call_often(void *argument)
{
    uint8_t seed = (uint8_t)(uint64_t)argument;
    for (int i = 0; i < CALLS_OF_EACH; i++) {
        struct message message = message_of(30, seed);
        CHECK_EQUAL(sys_call(server_task, &message), 0);
        CHECK(message_is(&message, 30, (uint8_t)(seed + 1)));
        answers++;
    }
}

static void every_caller_gets_its_own_answer(void)
{
    struct partner server;
    char text[NUMBER_SIZE];
    CHECK(partner_start(&server, "serve", number_text(CALLERS * CALLS_OF_EACH, text)));
    server_task = server.task;
    answers = 0;
    int64_t threads[CALLERS];
    for (size_t i = 0; i < CALLERS; i++) {
        threads[i] = thread_start(i, call_often, (void *)(i * 50));
        CHECK(threads[i] > 0);
    }
    for (size_t i = 0; i < CALLERS; i++) {
        thread_join(threads[i]);
    }
    CHECK_EQUAL(answers, CALLERS * CALLS_OF_EACH);
    CHECK_EQUAL(partner_end(&server), 0);
}

static void senders_wait_in_order(void)
{
    struct partner senders[3];
    char text[NUMBER_SIZE];
    number_text(sys_task_id(), text);
    for (size_t i = 0; i < 3; i++) {
        CHECK(partner_start(&senders[i], "send", number_text(sys_task_id(), text)));
        CHECK(await_state(senders[i].process, "sending"));
    }
    for (size_t i = 0; i < 3; i++) {
        struct message message;
        CHECK_EQUAL(sys_recv(FROM_ANYBODY, &message), senders[i].task);
        CHECK(message_is(&message, 3, 5));
        CHECK_EQUAL(partner_end(&senders[i]), 0);
    }
}

static void one_sender_can_be_chosen(void)
{
    struct partner senders[2];
    char text[NUMBER_SIZE];
    for (size_t i = 0; i < 2; i++) {
        CHECK(partner_start(&senders[i], "send", number_text(sys_task_id(), text)));
        CHECK(await_state(senders[i].process, "sending"));
    }
    struct message message;
    CHECK_EQUAL(sys_recv(senders[1].task, &message), senders[1].task);
    CHECK_EQUAL(sys_recv(senders[0].task, &message), senders[0].task);
    CHECK_EQUAL(partner_end(&senders[0]), 0);
    CHECK_EQUAL(partner_end(&senders[1]), 0);
}

static void a_caller_waits_through_its_states(void)
{
    struct partner caller;
    char text[NUMBER_SIZE];
    CHECK(partner_start(&caller, "call", number_text(sys_task_id(), text)));
    CHECK(await_state(caller.process, "sending"));
    struct message message;
    CHECK_EQUAL(sys_recv(FROM_ANYBODY, &message), caller.task);
    CHECK(await_state(caller.process, "calling"));
    message.data[0] = 77;
    CHECK_EQUAL(sys_reply(caller.task, &message), 0);
    CHECK_EQUAL(partner_end(&caller), 77);
}

static void nobody_to_talk_to_is_an_error(void)
{
    struct message message = message_of(1, 0);
    CHECK_EQUAL(sys_send(UINT64_MAX - 1, &message), -ERROR_NO_TASK);
    CHECK_EQUAL(sys_call(1000000, &message), -ERROR_NO_TASK);
    CHECK_EQUAL(sys_recv(1000000, &message), -ERROR_NO_TASK);
    CHECK_EQUAL(sys_reply(1000000, &message), -ERROR_NO_TASK);
    CHECK_EQUAL(sys_send(sys_task_id(), &message), -ERROR_BAD_ARGUMENT);
    CHECK_EQUAL(sys_reply(sys_task_id(), &message), -ERROR_NOT_WAITING);
    message.size = MESSAGE_SIZE + 1;
    CHECK_EQUAL(sys_send(sys_task_id(), &message), -ERROR_TOO_LONG);
    CHECK_EQUAL(sys_send(sys_task_id(), NULL), -ERROR_BAD_ADDRESS);
}

static void a_partner_that_dies_is_an_error(void)
{
    struct message message = message_of(1, 0);
    struct partner receiver;
    // It takes the call and ends without a reply.
    CHECK(partner_start(&receiver, "receive", NULL));
    CHECK_EQUAL(sys_call(receiver.task, &message), -ERROR_NO_TASK);
    CHECK_EQUAL(partner_end(&receiver), 0);
    // It ends while the message waits for it: it receives from somebody else only.
    struct partner other;
    char text[NUMBER_SIZE];
    CHECK(partner_start(&other, "echo", NULL));
    CHECK(partner_start(&receiver, "receive", number_text(other.task, text)));
    CHECK(await_state(receiver.process, "receiving"));
    CHECK_EQUAL(partner_end(&other), 0);
    CHECK_EQUAL(sys_send(receiver.task, &message), -ERROR_NO_TASK);
    CHECK_EQUAL(partner_end(&receiver), 100 + ERROR_NO_TASK);
}

static void a_reply_goes_only_to_who_waits_for_it(void)
{
    struct partner server;
    struct partner caller;
    char text[NUMBER_SIZE];
    struct message message = message_of(1, 0);
    CHECK(partner_start(&server, "receive", NULL));
    CHECK_EQUAL(sys_reply(server.task, &message), -ERROR_NOT_WAITING);
    CHECK(partner_start(&caller, "call", number_text(sys_task_id(), text)));
    CHECK(await_state(caller.process, "sending"));
    CHECK_EQUAL(sys_reply(caller.task, &message), -ERROR_NOT_WAITING);
    CHECK_EQUAL(sys_recv(caller.task, &message), caller.task);
    CHECK_EQUAL(sys_reply(caller.task, &message), 0);
    CHECK(sys_reply(caller.task, &message) < 0);
    CHECK_EQUAL(partner_end(&caller), 0);
    CHECK_EQUAL(sys_send(server.task, &message), 0);
    CHECK_EQUAL(partner_end(&server), 0);
}

static void kill_in_state(const char *role, const char *state, bool receive)
{
    struct partner partner;
    char text[NUMBER_SIZE];
    struct message message;
    CHECK(partner_start(&partner, role, number_text(sys_task_id(), text)));
    if (receive) {
        CHECK_EQUAL(sys_recv(partner.task, &message), partner.task);
    }
    CHECK(await_state(partner.process, state));
    CHECK_EQUAL(sys_kill((uint64_t)partner.process), 0);
    CHECK_EQUAL(partner_end(&partner), STATUS_KILLED);
    CHECK_EQUAL(sys_reply(partner.task, &message), -ERROR_NO_TASK);
}

static void who_waits_can_be_killed(void)
{
    kill_in_state("send", "sending", false);
    kill_in_state("call", "sending", false);
    kill_in_state("call", "calling", true);
    kill_in_state("receive", "receiving", false);
    // No message of theirs is left.
    struct partner sender;
    char text[NUMBER_SIZE];
    struct message message;
    CHECK(partner_start(&sender, "send", number_text(sys_task_id(), text)));
    CHECK_EQUAL(sys_recv(FROM_ANYBODY, &message), sender.task);
    CHECK_EQUAL(partner_end(&sender), 0);
}

static const struct test tests[] = {
    {"a_call_is_answered", a_call_is_answered},
    {"every_caller_gets_its_own_answer", every_caller_gets_its_own_answer},
    {"senders_wait_in_order", senders_wait_in_order},
    {"one_sender_can_be_chosen", one_sender_can_be_chosen},
    {"a_caller_waits_through_its_states", a_caller_waits_through_its_states},
    {"nobody_to_talk_to_is_an_error", nobody_to_talk_to_is_an_error},
    {"a_partner_that_dies_is_an_error", a_partner_that_dies_is_an_error},
    {"a_reply_goes_only_to_who_waits_for_it", a_reply_goes_only_to_who_waits_for_it},
    {"who_waits_can_be_killed", who_waits_can_be_killed},
};

SECTION(rendezvous_section, "Rendezvous", tests);
