#!/usr/bin/env python3
"""Prints what aws-sam-translator makes of template.yaml, as JSON: the second opinion against
which the local cloud's own reader of the template is held.

Usage: sam-view.py TEMPLATE [NAME=VALUE ...]   (values of parameters)
"""

import json
import os
import sys

# The translator builds a boto3 session and wants a region; nothing is called.
os.environ.setdefault("AWS_DEFAULT_REGION", "ap-northeast-1")

from samtranslator.public.translator import ManagedPolicyLoader  # noqa: E402
from samtranslator.translator.translator import Translator  # noqa: E402
from samtranslator.parser.parser import Parser  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402


class NoManagedPolicies(ManagedPolicyLoader):
    """Names of managed policies are looked up in IAM; the template uses none."""

    def __init__(self):
        super().__init__(None)

    def load(self):
        return {}


def expand(path, parameters):
    with open(path, encoding="utf-8") as template:
        document = yaml_parse(template.read())
    defaults = {
        name: parameter["Default"]
        for name, parameter in document["Parameters"].items()
        if "Default" in parameter
    }
    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # What `sam package` puts in place of the folder.
            resource["Properties"]["CodeUri"] = "s3://packaged/function.zip"
    translator = Translator(NoManagedPolicies().load(), Parser())
    return translator.translate(document, {**defaults, **parameters})


def written_out(value):
    """References as `${Name}` or `${Name.Attribute}`, the way Fn::Sub writes them."""
    if isinstance(value, list):
        return [written_out(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Ref"}:
        return "${" + value["Ref"] + "}"
    if set(value) == {"Fn::GetAtt"}:
        path = value["Fn::GetAtt"]
        return "${" + (path if isinstance(path, str) else ".".join(path)) + "}"
    if set(value) == {"Fn::Sub"} and isinstance(value["Fn::Sub"], str):
        return value["Fn::Sub"]
    return {key: written_out(entry) for key, entry in value.items()}


def routes(resources):
    """One line a route: its key, the function behind it, its authorizer or null."""
    found = []
    for api in resources.values():
        if api["Type"] != "AWS::ApiGatewayV2::Api":
            continue
        for path, methods in api["Properties"]["Body"]["paths"].items():
            for method, operation in methods.items():
                method = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
                uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
                # Through its alias, and nothing else.
                function = uri.split("/functions/${")[1].removesuffix("Aliaslive}/invocations")
                security = [name for entry in operation.get("security", []) for name in entry]
                security = [name for name in security if name != "NONE"]
                found.append(
                    {
                        "key": f"{method} {path}",
                        "function": function,
                        "authorizer": security[0] if security else None,
                    }
                )
    return sorted(found, key=lambda route: route["key"])


def authorizers(resources):
    for api in resources.values():
        if api["Type"] == "AWS::ApiGatewayV2::Api":
            components = api["Properties"]["Body"].get("components", {})
            return written_out(components.get("securitySchemes", {}))
    return {}


def cors(resources):
    for api in resources.values():
        if api["Type"] == "AWS::ApiGatewayV2::Api":
            return written_out(api["Properties"]["Body"].get("x-amazon-apigateway-cors"))
    return None


def policies(resources):
    """Per function, the statements of its role's own policies, as the template writes them."""
    found = {}
    for name, function in resources.items():
        if function["Type"] != "AWS::Lambda::Function":
            continue
        role = resources[function["Properties"]["Role"]["Fn::GetAtt"][0]]["Properties"]
        statements = []
        for policy in role.get("Policies", []):
            document = policy["PolicyDocument"]
            entries = written_out(document["Statement"])
            statements += entries if isinstance(entries, list) else [entries]
        found[name] = {"statements": statements, "managed": role.get("ManagedPolicyArns", [])}
    return found


def mappings(resources):
    return {
        name: written_out(resource["Properties"])
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::EventSourceMapping"
    }


def schedules(resources):
    return {
        name: written_out(resource["Properties"])
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Scheduler::Schedule"
    }


def rules(resources):
    return {
        name: written_out(resource["Properties"])
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Events::Rule"
    }


def asynchronous(resources):
    """Per function, what becomes of an asynchronous call that fails."""
    return {
        written_out(resource["Properties"]["FunctionName"]): written_out(resource["Properties"])
        for resource in resources.values()
        if resource["Type"] == "AWS::Lambda::EventInvokeConfig"
    }


def resources_in_short(resources):
    """What the project's own rules look at: kind and fate of each resource, and what alarms and logs are about."""
    return {
        name: {
            "type": resource["Type"],
            "deletion": resource.get("DeletionPolicy"),
            "update": resource.get("UpdateReplacePolicy"),
            "properties": written_out(resource.get("Properties", {})),
        }
        for name, resource in resources.items()
    }


def main():
    path, *overrides = sys.argv[1:]
    template = expand(path, dict(entry.split("=", 1) for entry in overrides))
    resources = template["Resources"]
    view = {
        "parameters": template["Parameters"],
        "resources": resources_in_short(resources),
        "routes": routes(resources),
        "authorizers": authorizers(resources),
        "cors": cors(resources),
        "policies": policies(resources),
        "mappings": mappings(resources),
        "schedules": schedules(resources),
        "rules": rules(resources),
        "asynchronous": asynchronous(resources),
    }
    json.dump(view, sys.stdout, indent=1, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
