import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organisation', '0003_training_classes'),
    ]

    operations = [
        migrations.CreateModel(
            name='TeachingGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=200, verbose_name='名称')),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': '教学班',
                'verbose_name_plural': '教学班',
            },
        ),
        migrations.CreateModel(
            name='GroupStaff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('teacher', '任课教师'), ('assistant', '助教')], max_length=10, verbose_name='角色')),
                ('since', models.DateTimeField(verbose_name='起')),
                ('removed_at', models.DateTimeField(blank=True, null=True, verbose_name='止')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='groups_taught', to=settings.AUTH_USER_MODEL, verbose_name='人员')),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='staff', to='organisation.teachinggroup', verbose_name='教学班')),
            ],
            options={
                'verbose_name': '教学班教师',
                'verbose_name_plural': '教学班教师',
                'constraints': [models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('group', 'user'), name='one_current_group_staff'), models.CheckConstraint(condition=models.Q(('removed_at', None), ('removed_at__gte', models.F('since')), _connector='OR'), name='group_staff_period')],
            },
        ),
        migrations.CreateModel(
            name='GroupMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField(verbose_name='起')),
                ('removed_at', models.DateTimeField(blank=True, null=True, verbose_name='止')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='group_memberships', to=settings.AUTH_USER_MODEL, verbose_name='人员')),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='members', to='organisation.teachinggroup', verbose_name='教学班')),
            ],
            options={
                'verbose_name': '教学班成员',
                'verbose_name_plural': '教学班成员',
                'constraints': [models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('group', 'user'), name='one_current_group_member'), models.CheckConstraint(condition=models.Q(('removed_at', None), ('removed_at__gte', models.F('since')), _connector='OR'), name='group_member_period')],
            },
        ),
    ]
