"""The embedded Marathon, used by a client that knows nothing of it.

    python_client.py URL

drives the Marathon at URL through the client library `marathon`, which maps every answer to classes
of its own and refuses fields that it does not know.
"""

import collections
import collections.abc
import sys
import threading
import time
import traceback

# The library is older than Python 3.10, which took this name away.
collections.Iterable = collections.abc.Iterable

from marathon import MarathonClient, NotFoundError
from marathon.exceptions import ConflictError, MarathonHttpError
from marathon.models import MarathonApp, MarathonGroup, MarathonHealthCheck
from marathon.models.container import MarathonContainer, MarathonDockerContainer

DEADLINE = 60
IMAGE = "mhausenblas/simpleservice:0.4.0"


def main(url):
    client = MarathonClient(url, timeout=10)
    # As JSON, which is all that the library accepts.
    assert client.ping() == b'"pong"', client.ping()
    assert client.list_apps() == []
    assert client.get_info().name == "marathon", client.get_info()
    assert client.get_leader()["leader"]

    events = Events(url)
    apps(client)
    tasks(client)
    changes(client)
    groups(client)
    queue(client)
    errors(client)
    events.judge()


def service(instances, version="0.9"):
    check = MarathonHealthCheck(
        protocol="HTTP", path="/health", port_index=0, grace_period_seconds=10, interval_seconds=1,
        timeout_seconds=1, max_consecutive_failures=3,
    )
    return MarathonApp(
        instances=instances, cpus=0.1, mem=32, health_checks=[check],
        container=MarathonContainer(type="DOCKER", docker=MarathonDockerContainer(image=IMAGE)),
        env={"SIMPLE_SERVICE_VERSION": version, "HEALTH_MIN": "0", "HEALTH_MAX": "10"},
        labels={"team": "shop"},
    )


def apps(client):
    made = client.create_app("/web", service(2))
    assert made.id == "/web" and made.instances == 2, made
    settled(client)
    app = client.get_app("/web", embed_tasks=True, embed_counts=True, embed_deployments=True)
    assert (app.tasks_running, app.tasks_healthy, app.tasks_unhealthy) == (2, 2, 0), app
    assert [task.state for task in app.tasks] == ["TASK_RUNNING"] * 2, app.tasks
    assert all(result.alive for task in app.tasks for result in task.health_check_results)
    assert app.env["SIMPLE_SERVICE_VERSION"] == "0.9"
    assert app.container.docker.image == IMAGE

    client.create_app("/sleeps", MarathonApp(cmd="sleep 1000", instances=1, cpus=0.01, mem=8))
    settled(client)
    assert ids(client.list_apps()) == ["/sleeps", "/web"]
    assert ids(client.list_apps(cmd="sleep")) == ["/sleeps"]
    assert ids(client.list_apps(label="team==shop", embed_tasks=True)) == ["/web"]


def tasks(client):
    of_web = client.list_tasks("/web")
    assert len(of_web) == 2 and len(client.list_tasks()) == 3
    assert all(task.app_id == "/web" and task.host and task.ports for task in of_web), of_web

    killed = client.kill_task("/web", of_web[0].id)
    assert killed.id == of_web[0].id
    until("another task runs in its place", lambda: healthy(client) == 2 and of_web[0].id not in [
        task.id for task in client.list_tasks("/web")])

    last = client.list_tasks("/web")[0]
    client.kill_task("/web", last.id, scale=True)
    settled(client)
    assert client.get_app("/web").instances == 1
    client.scale_app("/web", instances=3)
    settled(client)
    assert len(client.list_tasks("/web")) == 3
    client.kill_given_tasks([task.id for task in client.list_tasks("/web")[:2]], scale=True)
    settled(client)
    client.scale_app("/web", delta=1)
    settled(client)
    assert client.get_app("/web").instances == 2
    assert len(client.kill_tasks("/web", batch_size=0)) == 2
    until("both run again", lambda: healthy(client) == 2)


def changes(client):
    before = client.get_app("/web").version
    answer = client.update_app("/web", service(2, "1.0"))
    assert [deployment.id for deployment in client.list_deployments()] == [answer["deploymentId"]]
    settled(client)
    assert client.get_app("/web").env["SIMPLE_SERVICE_VERSION"] == "1.0"
    versions = client.list_versions("/web")
    assert any(same(version, before) for version in versions), (before, versions)
    assert client.get_version("/web", versions[-1]).id == "/web"
    client.rollback_app("/web", text(before))
    settled(client)
    assert client.get_app("/web").env["SIMPLE_SERVICE_VERSION"] == "0.9"
    assert client.restart_app("/web")["deploymentId"]
    settled(client)
    answers = client.update_apps([MarathonApp(id="/web", instances=1)])
    assert answers["deploymentId"], answers
    settled(client)
    assert client.get_app("/web").instances == 1

    stuck = service(1, "1.1")
    stuck.health_checks[0].path = "/nowhere"
    stuck.health_checks[0].grace_period_seconds = 300
    deployment = client.update_app("/web", stuck)["deploymentId"]
    raises(ConflictError, lambda: client.scale_app("/web", instances=5))
    assert client.delete_deployment(deployment)["deploymentId"]
    settled(client)
    assert client.get_app("/web").env["SIMPLE_SERVICE_VERSION"] == "0.9"


def groups(client):
    app = MarathonApp(id="one", cmd="sleep 1000", instances=1, cpus=0.01, mem=8)
    assert client.create_group(MarathonGroup(id="/shop", apps=[app]))["deploymentId"]
    settled(client)
    assert [group.id for group in client.list_groups()] == ["/shop"]
    assert ids(client.get_group("/shop").apps) == ["/shop/one"]
    assert client.scale_group("/shop", 2)["deploymentId"]
    settled(client)
    assert len(client.list_tasks("/shop/one")) == 2
    app.cmd = "sleep 999"
    client.update_group("/shop", MarathonGroup(id="/shop", apps=[app]))
    settled(client)
    assert client.get_app("/shop/one").cmd == "sleep 999"
    client.delete_group("/shop")
    settled(client)
    raises(NotFoundError, lambda: client.get_group("/shop"))


def queue(client):
    client.create_app("/huge", MarathonApp(cmd="sleep 1", instances=1, cpus=10000, mem=8))
    until("it waits in the queue", lambda: [item.app.id for item in client.list_queue()] == ["/huge"])
    assert client.list_queue(embed_last_unused_offers=True)[0].count == 1
    client.reset_delay("/huge")
    client.delete_app("/huge", force=True)
    settled(client)
    assert client.list_queue() == []


def errors(client):
    raises(NotFoundError, lambda: client.get_app("/nowhere"))
    raises(ConflictError, lambda: client.create_app("/web", service(1)))
    unknown = MarathonApp(
        instances=1, container=MarathonContainer(docker=MarathonDockerContainer(image="nginx:1")))
    error = raises(MarathonHttpError, lambda: client.create_app("/nginx", unknown))
    assert error.status_code == 422 and "--image" in str(error.error_details), error.error_details
    client.delete_app("/web")
    client.delete_app("/sleeps")
    settled(client)
    assert client.list_apps() == [] and client.list_tasks() == []


class Events:
    """Listens from the beginning; the library makes an object of each event, or fails."""

    def __init__(self, url):
        self.seen, self.failure, attached = {}, None, threading.Event()

        def listen():
            try:
                for event in MarathonClient(url).event_stream():
                    self.seen.setdefault(event.event_type, []).append(event)
                    attached.set()
            except Exception:  # any at all is what this is about
                self.failure = traceback.format_exc()

        threading.Thread(target=listen, daemon=True).start()
        assert attached.wait(DEADLINE), "no event comes"

    def judge(self):
        until("the last deployment is told", lambda: self.failure or len(self.of("deployment_success")) >= 15)
        assert self.failure is None, self.failure
        for name in [
            "event_stream_attached", "api_post_event", "group_change_success", "deployment_info",
            "deployment_step_success", "deployment_success", "deployment_failed",
            "status_update_event", "instance_changed_event", "add_health_check_event",
            "health_status_changed_event", "instance_health_changed_event", "app_terminated_event",
        ]:
            assert self.of(name), f"no {name} among {sorted(self.seen)}"
        states = {event.task_status for event in self.of("status_update_event")}
        assert {"TASK_RUNNING", "TASK_KILLED"} <= states, states
        plan = self.of("deployment_info")[0].plan
        assert plan.id and plan.steps[0].actions, plan
        print("events:", ", ".join(f"{name} {len(all)}" for name, all in sorted(self.seen.items())))

    def of(self, name):
        return self.seen.get(name, [])


def ids(resources):
    return sorted(resource.id for resource in resources)


def healthy(client):
    return client.get_app("/web", embed_counts=True).tasks_healthy


def settled(client):
    until("no deployment goes on", lambda: client.list_deployments() == [])


def text(version):
    return version if isinstance(version, str) else version.strftime("%Y-%m-%dT%H:%M:%S.") + (
        "%03dZ" % (version.microsecond // 1000))


def same(one, other):
    return text(one) == text(other)


def until(what, holds):
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.05)


def raises(kind, call):
    try:
        answer = call()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}: {answer}")


if __name__ == "__main__":
    main(sys.argv[1])
